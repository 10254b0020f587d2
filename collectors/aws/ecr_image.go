package aws

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// newestImages is how many images of a repository are collected: what was deployed lately is among the newest.
const newestImages = 20

// ContainerImageDoc is an image that has a tag, with what refers to it: signatures and statements such as where it was built. Nothing
// of them is verified.
type ContainerImageDoc struct {
	types.ImageDetail
	// Referrers are the artifacts whose manifests name the image. Of their annotations those are kept that say what kind of
	// statement it is.
	Referrers []types.ImageReferrer
	// Attached are the tags of images that say by their names what they are to this one, as cosign writes them: sha256-DIGEST.sig
	// for a signature, .att for a statement.
	Attached []string
}

// ecrImage is the newest images of each repository, those without a tag and those that are attached to others left out.
func ecrImage() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ecr.image",
			Title: "Container image",
			Doc:   evidence.ShapeOf[ContainerImageDoc](),
			Volatile: []string{"/LastRecordedPullTime", "/ImageScanStatus", "/ImageScanFindingsSummary", "/LastActivatedAt",
				"/LastArchivedAt"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			repositoriesOperation(),
			{Name: opImages, Permissions: []string{opImages}, Absent: []string{noSuchRepository}},
			{
				Name: opReferrers, Permissions: []string{opReferrers},
				Absent: []string{noSuchRepository, "ImageNotFoundException"},
			},
		},
		Collect: collect.Typed(collectContainerImages),
	}
}

const (
	opImages    = "ecr:DescribeImages"
	opReferrers = "ecr:ListImageReferrers"
)

func collectContainerImages(ctx context.Context, s *session, t *collect.Task) error {
	repositories, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	t.Params(opImages, map[string]string{"tagStatus": "TAGGED", "newest of a repository": strconv.Itoa(newestImages)})
	return collect.Each(ctx, repositories, func(ctx context.Context, r types.Repository) error {
		all, err := s.taggedImages(ctx, t, r)
		if collect.IsAbsent(err) {
			return nil // the repository was deleted, and its images with it
		}
		if err != nil {
			return err
		}
		return s.newest(ctx, t, r, all)
	})
}

// taggedImages lists the images of a repository that have a tag.
func (s *session) taggedImages(ctx context.Context, t *collect.Task, r types.Repository) ([]types.ImageDetail, error) {
	var all []types.ImageDetail
	p := ecr.NewDescribeImagesPaginator(s.ecr(), &ecr.DescribeImagesInput{RepositoryName: r.RepositoryName,
		Filter: &types.DescribeImagesFilter{TagStatus: types.TagStatusTagged}, MaxResults: aws.Int32(1000)})
	err := pages(ctx, t, opImages, p, func(page *ecr.DescribeImagesOutput) error {
		t.Listed(len(page.ImageDetails))
		all = append(all, page.ImageDetails...)
		return nil
	})
	return all, err
}

// newest emits the newest images, each with what is attached to it.
func (s *session) newest(ctx context.Context, t *collect.Task, r types.Repository, all []types.ImageDetail) error {
	attached := map[string][]string{} // tags by the digest that they name
	var images []types.ImageDetail
	for _, v := range all {
		names := attachments(v)
		for digest, tags := range names {
			attached[digest] = append(attached[digest], tags...)
		}
		if len(names) > 0 || aws.ToString(v.SubjectManifestDigest) != "" {
			t.Exclude("attached to another image", 1)
			continue
		}
		images = append(images, v)
	}
	slices.SortFunc(images, func(a, b types.ImageDetail) int {
		return cmp.Or(aws.ToTime(b.ImagePushedAt).Compare(aws.ToTime(a.ImagePushedAt)),
			strings.Compare(aws.ToString(a.ImageDigest), aws.ToString(b.ImageDigest)))
	})
	if n := len(images) - newestImages; n > 0 {
		t.Exclude("older than the newest "+strconv.Itoa(newestImages)+" of its repository", n)
		images = images[:newestImages]
	}
	return collect.Each(ctx, images, func(ctx context.Context, v types.ImageDetail) error {
		digest := aws.ToString(v.ImageDigest)
		slices.Sort(attached[digest])
		return s.containerImage(ctx, t, r, ContainerImageDoc{ImageDetail: v, Attached: some(attached[digest])})
	})
}

// attachments returns the tags of an image that say that it is attached to another, by the other's digest.
func attachments(v types.ImageDetail) map[string][]string {
	out := map[string][]string{}
	for _, tag := range v.ImageTags {
		rest, ok := strings.CutPrefix(tag, "sha256-")
		hex, kind, named := strings.Cut(rest, ".")
		if ok && named && len(hex) == 64 && slices.Contains([]string{"sig", "att", "sbom"}, kind) {
			out["sha256:"+hex] = append(out["sha256:"+hex], tag)
		}
	}
	return out
}

func (s *session) containerImage(ctx context.Context, t *collect.Task, r types.Repository, doc ContainerImageDoc) error {
	name := aws.ToString(r.RepositoryName)
	sub := subject(aws.ToString(r.RepositoryArn)+"@"+aws.ToString(doc.ImageDigest), name+":"+strings.Join(doc.ImageTags, ","))
	var err error
	doc.Referrers, err = s.referrers(ctx, t, r.RepositoryName, doc.ImageDigest)
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := t.Miss(&sub, "Referrers", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// statementKinds are the annotations by which builders and signers say what kind of statement an artifact is.
var statementKinds = [...]string{"dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type"}

// referrers lists what refers to an image, active or not.
func (s *session) referrers(ctx context.Context, t *collect.Task, repository, digest *string) ([]types.ImageReferrer, error) {
	all := []types.ImageReferrer{}
	in := &ecr.ListImageReferrersInput{RepositoryName: repository, MaxResults: aws.Int32(50),
		SubjectId: &types.SubjectIdentifier{ImageDigest: digest},
		Filter:    &types.ListImageReferrersFilter{ArtifactStatus: types.ArtifactStatusFilterAny}}
	for {
		out, err := ask(ctx, t, opReferrers, func(ctx context.Context) (*ecr.ListImageReferrersOutput, error) {
			return s.ecr().ListImageReferrers(ctx, in)
		})
		if err != nil {
			return nil, err
		}
		for _, r := range out.Referrers {
			maps.DeleteFunc(r.Annotations, func(key, _ string) bool { return !slices.Contains(statementKinds[:], key) })
			all = append(all, r)
		}
		switch aws.ToString(out.NextToken) {
		case "":
			return all, nil
		case aws.ToString(in.NextToken):
			return nil, errors.New("malformed answer: a page of referrers names itself as the next")
		}
		next := *in
		next.NextToken = out.NextToken
		in = &next
	}
}
