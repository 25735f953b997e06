package prom

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/prometheus/promql"

	"foster/storage"
)

// kind is a type of error as Prometheus names it.
type kind struct {
	name   string
	status int
}

// The kinds of errors and their status. 499 is what says that the client has gone.
var (
	badData     = kind{"bad_data", http.StatusBadRequest}
	tooLarge    = kind{"bad_data", http.StatusRequestEntityTooLarge}
	execution   = kind{"execution", http.StatusUnprocessableEntity}
	canceled    = kind{"canceled", 499}
	timeout     = kind{"timeout", http.StatusServiceUnavailable}
	unavailable = kind{"unavailable", http.StatusServiceUnavailable}
	internal    = kind{"internal", http.StatusInternalServerError}
	notFound    = kind{"not_found", http.StatusNotFound}
)

// apiError is an error with its kind.
type apiError struct {
	kind kind
	err  error
}

func (e *apiError) Error() string { return e.err.Error() }
func (e *apiError) Unwrap() error { return e.err }

func errorf(k kind, format string, args ...any) error {
	return &apiError{kind: k, err: fmt.Errorf(format, args...)}
}

// badParameter says that a parameter has a wrong value.
func badParameter(name string, err error) error {
	return errorf(badData, "invalid parameter %q: %w", name, err)
}

// badForm is the error of a request whose parameters cannot be read.
func badForm(err error) error {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return errorf(tooLarge, "the body of the request has more than %d bytes", large.Limit)
	}
	return errorf(badData, "error parsing form values: %w", err)
}

// kindOf returns the kind of any error.
func kindOf(err error) kind {
	var (
		known    *apiError
		stopped  promql.ErrQueryCanceled
		late     promql.ErrQueryTimeout
		many     errTooManySeries
		stored   promql.ErrStorage
		tooLarge promql.ErrTooManySamples
	)
	switch {
	case errors.As(err, &known):
		return known.kind
	case errors.As(err, &many), errors.As(err, &tooLarge):
		return execution
	case errors.Is(err, storage.ErrClosed):
		return unavailable
	case errors.As(err, &stopped), errors.Is(err, context.Canceled):
		return canceled
	case errors.As(err, &late), errors.Is(err, context.DeadlineExceeded):
		return timeout
	case errors.As(err, &stored):
		return internal
	}
	return execution
}
