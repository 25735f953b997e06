package api

import _ "embed"

// description is the OpenAPI description of the commands. A test holds it against them.
//
//go:embed openapi.json
var description []byte

// openAPI answers /api/foster/v1/openapi.json.
func (a *API) openAPI(rp *reply, _ *request) { rp.b = append(rp.b, description...) }
