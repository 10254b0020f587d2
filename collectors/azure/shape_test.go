package azure

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"

	"exhibit/internal/evidence"
)

func TestShapeOf(t *testing.T) {
	account, group := shapeOf[armstorage.Account](), shapeOf[armnetwork.SecurityGroup]()
	for _, tt := range []struct {
		in      *evidence.Shape
		pointer string
		want    evidence.ShapeKind
	}{
		{account, "/name", evidence.ShapeString},
		{account, "/tags/team", evidence.ShapeString},
		{account, "/properties/supportsHttpsTrafficOnly", evidence.ShapeBool},
		{account, "/properties/minimumTlsVersion", evidence.ShapeString},
		{account, "/properties/creationTime", evidence.ShapeString},
		{account, "/properties/keyPolicy/keyExpirationPeriodInDays", evidence.ShapeInt},
		{account, "/properties/networkAcls/ipRules/0/value", evidence.ShapeString},
		{group, "/properties/securityRules", evidence.ShapeList},
		{group, "/properties/securityRules/0/properties/priority", evidence.ShapeInt},
		{group, "/properties/securityRules/0/properties/sourceAddressPrefixes/0", evidence.ShapeString},
		// The types contain each other without end; the shape does too.
		{group, "/properties/subnets/0/properties/networkSecurityGroup/properties/subnets/0/id", evidence.ShapeString},
	} {
		got := tt.in.At(tt.pointer)
		if got == nil {
			t.Errorf("%s: no shape", tt.pointer)
		} else if got.Kind != tt.want {
			t.Errorf("%s is %s, want %s", tt.pointer, got.Kind, tt.want)
		}
	}
	if got := account.At("/properties/SupportsHTTPSTrafficOnly"); got != nil {
		t.Errorf("Go name has shape %v, want none", got)
	}
}

func BenchmarkShapeOf(b *testing.B) {
	for b.Loop() {
		shapeOf[armnetwork.SecurityGroup]()
	}
}
