package simcloud

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// awsOut is what an operation answers: a document in the SDK's member names, or what show makes of one item, which is
// then rendered once a shape under the operation's name and variant.
type awsOut struct {
	doc     map[string]any
	of      item
	variant string
	show    func(doc map[string]any) map[string]any
}

// success puts an answer into its protocol's envelope.
func (k *awsCall) success(out awsOut) response {
	id := k.c.requestID()
	status := http.StatusOK
	if n := k.operation.HTTP.ResponseCode; n != 0 {
		status = n
	}
	if k.operation.Output == nil {
		return response{status, k.header(id), nil}
	}
	var body []byte
	header, err := k.outputHeader(out)
	switch {
	case err != nil:
	case out.show == nil:
		body, err = k.encode(nil, out.doc)
	default:
		body, err = out.of.render(nil, k.rendering()+out.variant, func(dst []byte, doc map[string]any) ([]byte, error) {
			return k.encode(dst, out.show(doc))
		})
	}
	if err != nil {
		return k.failure(&awsFail{http.StatusInternalServerError, "InternalFailure",
			k.service + ":" + k.op + ": " + err.Error()})
	}
	if xml := k.model.Metadata.Protocol; xml == "query" || xml == "ec2" {
		body = k.envelope(id, body)
	}
	header = append(k.header(id), header...)
	if len(body) > 0 && body[0] == '{' {
		header[3] = "application/json" // a policy is its own text
	}
	return response{status, header, body}
}

// rendering is the name of what the operation shows of a thing.
func (k *awsCall) rendering() string {
	if k.c.options.Odd {
		return k.service + ":" + k.op + " odd"
	}
	return k.service + ":" + k.op
}

// encode appends the members of an answer that stand in its body.
func (k *awsCall) encode(dst []byte, doc map[string]any) ([]byte, error) {
	out := k.operation.Output
	if doc == nil {
		doc = map[string]any{}
	}
	if out.Payload != "" {
		r := out.member(out.Payload)
		v := doc[goName(out.Payload)]
		if r.Type != "structure" {
			if v == nil {
				return dst, nil
			}
			text, err := r.text(v, "")
			return append(dst, text...), err
		}
		if v == nil {
			v = map[string]any{}
		}
		if k.model.Metadata.Protocol == "rest-xml" {
			return k.root(dst, r, r.wire, v)
		}
		return jsonCodec{k.c.options.Odd}.object(dst, r.apiShape, v)
	}
	switch k.model.Metadata.Protocol {
	case "query", "ec2":
		return xmlCodec{k.c.options.Odd}.body(dst, out.apiShape, doc)
	case "rest-xml":
		root := out.LocationName
		if root == "" {
			root = out.Shape
		}
		return k.root(dst, out, root, doc)
	}
	return jsonCodec{k.c.options.Odd}.object(dst, out.apiShape, doc)
}

// root appends the document of REST XML.
func (k *awsCall) root(dst []byte, r *apiRef, el string, v any) ([]byte, error) {
	dst = append(dst, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<"+el+` xmlns="`+k.model.Metadata.XMLNamespace+`">`...)
	dst, err := xmlCodec{k.c.options.Odd}.body(dst, r.apiShape, v)
	return closing(dst, el), err
}

// outputHeader returns the members of an answer that stand in its header. They are never those of a generated thing.
func (k *awsCall) outputHeader(out awsOut) ([]string, error) {
	var header []string
	doc := out.doc
	for member, r := range k.operation.Output.Members {
		if r.Location != "header" {
			continue
		}
		if doc == nil && out.show != nil {
			doc = out.show(out.of.doc)
		}
		if v, ok := doc[goName(member)]; ok {
			text, err := r.text(v, "rfc822")
			if err != nil {
				return nil, err
			}
			header = append(header, r.wire, text)
		}
	}
	return header, nil
}

// header returns what every answer has: its id under the name that the protocol gives it, and the type of its body.
func (k *awsCall) header(id string) []string {
	h := []string{"x-amzn-RequestId", id, "Content-Type", "text/xml"}
	switch k.model.Metadata.Protocol {
	case "json":
		h[3] = "application/x-amz-json-" + k.model.Metadata.JSONVersion
	case "rest-json":
		h[3] = "application/json"
	case "rest-xml":
		h[3] = "application/xml"
		if k.model.Metadata.signing() == "s3" {
			h[0] = "x-amz-request-id"
			h = append(h, "x-amz-id-2", "simulated")
		}
	}
	return h
}

// envelope wraps the answers of the query protocols.
func (k *awsCall) envelope(id string, body []byte) []byte {
	out := make([]byte, 0, len(body)+400)
	out = append(out, "<"+k.op+`Response xmlns="`+k.model.Metadata.XMLNamespace+`">`...)
	if k.model.Metadata.Protocol == "ec2" {
		out = append(append(out, "<requestId>"+id+"</requestId>"...), body...)
	} else {
		if w := k.operation.Output.ResultWrapper; w != "" {
			out = closing(append(opening(out, w), body...), w)
		}
		out = append(out, "<ResponseMetadata><RequestId>"+id+"</RequestId></ResponseMetadata>"...)
	}
	return closing(out, k.op+"Response")
}

// failure writes an error as the service's protocol does.
func (k *awsCall) failure(f *awsFail) response {
	id := k.c.requestID()
	h := k.header(id)
	one := "<Code>" + f.code + "</Code><Message>" + escape(f.message) + "</Message>"
	side := "Sender"
	if f.status >= http.StatusInternalServerError {
		side = "Receiver"
	}
	if k.model.Metadata.QueryErrors {
		h = append(h, "x-amzn-query-error", f.code+";"+side)
	}
	const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	var b string
	switch k.model.Metadata.Protocol {
	case "json", "rest-json":
		h = append(h, "x-amzn-ErrorType", f.code)
		m, _ := json.Marshal(map[string]string{"__type": f.code, "message": f.message}) // strings always encode
		b = string(m)
	case "ec2":
		b = declaration + "<Response><Errors><Error>" + one + "</Error></Errors><RequestID>" + id + "</RequestID></Response>"
	case "rest-xml":
		if f.code == "PermanentRedirect" {
			h = append(h, "x-amz-bucket-region", f.message)
			one += "<Endpoint>s3." + f.message + ".amazonaws.com</Endpoint>"
		}
		b = declaration + "<Error>" + one + "<RequestId>" + id + "</RequestId></Error>"
		if k.service != "s3" {
			b = declaration + "<ErrorResponse><Error>" + one + "</Error><RequestId>" + id + "</RequestId></ErrorResponse>"
		}
	default:
		b = `<ErrorResponse xmlns="` + k.model.Metadata.XMLNamespace + `"><Error><Type>` + side + "</Type>" + one +
			"</Error><RequestId>" + id + "</RequestId></ErrorResponse>"
	}
	return response{k.status(f), h, []byte(b)}
}

// status is what an error is answered with: what it says itself, else what the operation's model says of its code.
func (k *awsCall) status(f *awsFail) int {
	if f.status != 0 {
		return f.status
	}
	if k.operation != nil {
		for _, r := range k.operation.Errors {
			if e := r.Error; e != nil && e.Status != 0 && (r.Shape == f.code || e.Code == f.code) {
				return e.Status
			}
		}
	}
	return http.StatusBadRequest
}

// number reads an input member that is a number, 0 when it is not given.
func (k *awsCall) number(name string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(k.text(name))) // what is no number is nothing said
	return n
}
