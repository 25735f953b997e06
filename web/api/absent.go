package api

import "net/http"

// Reasons why commands of agents are not answered here.
const (
	needsCloud  = "This needs Netdata Cloud, to which foster does not connect."
	needsPlugin = "This configures the collectors of an agent; a parent has none."
	noSettings  = "foster keeps no settings of users; pages keep their own."
)

// absent returns a command that is known and has no answer here: 404 with the reason, as JSON.
func absent(reason string) command {
	return command{answer: func(_ *API, rp *reply, _ *request) {
		rp.status = http.StatusNotFound
		rp.open('{')
		rp.keyInt("status", http.StatusNotFound)
		rp.keyString("errorMessage", reason)
		rp.close('}')
	}}
}

// me answers /api/v3/me: nobody signs in here, and everybody may read.
func (a *API) me(rp *reply, _ *request) {
	rp.open('{')
	rp.keyString("auth", "none")
	rp.keyNull("cloud_account_id")
	rp.keyString("client_name", "")
	rp.key("access")
	rp.strings([]string{"anonymous-data"})
	rp.keyString("user_role", "any")
	rp.close('}')
}
