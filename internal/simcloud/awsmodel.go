package simcloud

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// modelFiles are Amazon's own descriptions of its APIs, cut down to the operations that simcloud may answer. See
// models/README.md.
//
//go:embed models/*.json
var modelFiles embed.FS

// apiModel describes the API of one service: what its operations take and answer, and how that stands on the wire.
type apiModel struct {
	Metadata   apiMetadata              `json:"metadata"`
	Operations map[string]*apiOperation `json:"operations"`
	Shapes     map[string]*apiShape     `json:"shapes"`
}

type apiMetadata struct {
	APIVersion     string `json:"apiVersion,omitempty"`
	Protocol       string `json:"protocol"`
	JSONVersion    string `json:"jsonVersion,omitempty"`
	EndpointPrefix string `json:"endpointPrefix"`
	SigningName    string `json:"signingName,omitempty"`
	XMLNamespace   string `json:"xmlNamespace,omitempty"`
	// QueryErrors says that errors also carry the code that they had when the service spoke the query protocol.
	QueryErrors bool `json:"awsQueryCompatible,omitempty"`
}

// signing is the name under which requests are signed.
func (m apiMetadata) signing() string {
	if m.SigningName != "" {
		return m.SigningName
	}
	return m.EndpointPrefix
}

type apiOperation struct {
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode,omitempty"`
	} `json:"http"`
	Input  *apiRef   `json:"input,omitempty"`
	Output *apiRef   `json:"output,omitempty"`
	Errors []*apiRef `json:"errors,omitempty"`
	Pages  *apiPages `json:"pages,omitempty"`

	uri uriTemplate
}

// apiPages is how a list is paged: which members hold the token that is asked with and the next one, the page size, the
// list itself and whether there is more.
type apiPages struct {
	Input  string `json:"input_token,omitempty"`
	Output string `json:"output_token,omitempty"`
	Limit  string `json:"limit_key,omitempty"`
	More   string `json:"more_results,omitempty"`
	Result string `json:"result_key,omitempty"`
}

// apiRef is the use of a shape: as a member, as a list's element, as an input or output.
type apiRef struct {
	Shape         string `json:"shape"`
	LocationName  string `json:"locationName,omitempty"`
	Location      string `json:"location,omitempty"` // header, querystring, uri, statusCode; text of the root element
	QueryName     string `json:"queryName,omitempty"`
	ResultWrapper string `json:"resultWrapper,omitempty"`
	Timestamp     string `json:"timestampFormat,omitempty"`
	Flattened     bool   `json:"flattened,omitempty"`
	XMLAttribute  bool   `json:"xmlAttribute,omitempty"`

	*apiShape `json:"-"`
	wire      string // what a member is called on the wire
}

type apiShape struct {
	Type      string             `json:"type"`
	Members   map[string]*apiRef `json:"members,omitempty"`
	Member    *apiRef            `json:"member,omitempty"`
	Key       *apiRef            `json:"key,omitempty"`
	Value     *apiRef            `json:"value,omitempty"`
	Payload   string             `json:"payload,omitempty"`
	Timestamp string             `json:"timestampFormat,omitempty"`
	Flattened bool               `json:"flattened,omitempty"`
	Max       float64            `json:"max,omitempty"`
	Namespace *struct {
		Prefix string `json:"prefix,omitempty"`
		URI    string `json:"uri"`
	} `json:"xmlNamespace,omitempty"`
	Error *struct {
		Code   string `json:"code,omitempty"`
		Status int    `json:"httpStatusCode,omitempty"`
	} `json:"error,omitempty"`
	Exception bool `json:"exception,omitempty"`

	name string
	bare bool // its element holds text and no elements
}

// flat reports whether a list has no element of its own in XML.
func (r *apiRef) flat() bool { return r.Flattened || r.apiShape.Flattened }

// member finds a member by the name that the SDK gives it, which begins with a capital letter whatever the API says; nil
// when there is none.
func (s *apiShape) member(name string) *apiRef {
	if r, ok := s.Members[name]; ok || name == "" {
		return r
	}
	if r, ok := s.Members[strings.ToLower(name[:1])+name[1:]]; ok {
		return r
	}
	return s.Members[goName(name)]
}

// onlyList returns the name of the one member that is a list, "" when there are none or several.
func (s *apiShape) onlyList() string {
	found := ""
	for name, r := range s.Members {
		switch {
		case r.Type != "list":
		case found != "":
			return ""
		default:
			found = name
		}
	}
	return found
}

// goName is the name that the SDK gives a member.
func goName(member string) string {
	if member == "" {
		return ""
	}
	return strings.ToUpper(member[:1]) + member[1:]
}

// models reads each service's model when it is first asked for.
type models struct {
	mu   sync.Mutex
	read map[string]*apiModel
}

func (m *models) of(service string) (*apiModel, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.read[service]; ok {
		return a, nil
	}
	b, err := modelFiles.ReadFile("models/" + service + ".json")
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	a := &apiModel{}
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("read model of %s: %w", service, err)
	}
	if err := a.resolve(); err != nil {
		return nil, fmt.Errorf("read model of %s: %w", service, err)
	}
	if m.read == nil {
		m.read = map[string]*apiModel{}
	}
	m.read[service] = a
	return a, nil
}

// resolve ties every use of a shape to the shape.
func (a *apiModel) resolve() error {
	tie := func(refs ...*apiRef) error {
		for _, r := range refs {
			if r == nil {
				continue
			}
			if r.apiShape = a.Shapes[r.Shape]; r.apiShape == nil {
				return fmt.Errorf("no shape %s", r.Shape)
			}
		}
		return nil
	}
	for name, s := range a.Shapes {
		s.name = name
		for member, r := range s.Members {
			if err := tie(r); err != nil {
				return err
			}
			if r.wire = r.LocationName; r.wire == "" {
				r.wire = member
			}
			s.bare = s.bare || r.Location == "text"
		}
		if err := tie(s.Member, s.Key, s.Value); err != nil {
			return err
		}
	}
	for _, op := range a.Operations {
		if err := tie(append(op.Errors, op.Input, op.Output)...); err != nil {
			return err
		}
		op.uri = parseURI(op.HTTP.RequestURI)
	}
	return nil
}
