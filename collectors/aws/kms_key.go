package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// KeyDoc is a customer managed key.
type KeyDoc struct {
	types.KeyMetadata
	// Rotation is absent for keys that cannot rotate: asymmetric, imported, in a custom store, pending deletion.
	Rotation *KeyRotation
	Policy   *string // the key policy's JSON text
	Aliases  []string
	Tags     []types.Tag
}

// KeyRotation is a key's automatic rotation.
type KeyRotation struct {
	KeyRotationEnabled   bool
	RotationPeriodInDays *int32
}

func kmsKey() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.kms.key",
			Title: "Customer managed KMS key",
			Doc:   evidence.ShapeOf[KeyDoc](),
		},
		Version:  1,
		Regional: true,
	}
}
