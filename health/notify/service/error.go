package service

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Error is why a message was not delivered.
type Error struct {
	Permanent bool          // another attempt would not help
	Offline   bool          // the service as a whole cannot be reached: other messages would fail too
	After     time.Duration // the service asks to be left alone for so long, 0: it does not say
	Code      int           // exit status of a program, 0: none
	reason    string
}

// Error returns the reason, without secrets.
func (e *Error) Error() string { return e.reason }

func permanent(format string, args ...any) error {
	return &Error{Permanent: true, reason: fmt.Sprintf(format, args...)}
}

func temporary(format string, args ...any) error {
	return &Error{reason: fmt.Sprintf(format, args...)}
}

// offline wraps an error of the network. The text of an url.Error has the URL in it, which often is a secret.
func offline(doing string, err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return &Error{Offline: true, reason: doing + ": " + err.Error()}
}

// maxReason bounds what a service can make us keep.
const maxReason = 300

// redacted makes any error an Error without the secrets.
func (s *Service) redacted(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{reason: err.Error()}
	}
	clean := *e
	for _, secret := range s.secrets {
		clean.reason = strings.ReplaceAll(clean.reason, secret, "***")
	}
	clean.reason = strings.ToValidUTF8(strings.Join(strings.Fields(clean.reason), " "), "?")
	if len(clean.reason) > maxReason {
		clean.reason = strings.ToValidUTF8(clean.reason[:maxReason], "") + "…"
	}
	return &clean
}

// statusError returns the error of an answer that is not a success. A client error is permanent, except those that say
// "not now"; body is the beginning of the answer.
func statusError(r *http.Response, body string) error {
	e := &Error{reason: "the service answers " + r.Status}
	if body = strings.TrimSpace(body); body != "" {
		e.reason += ": " + body
	}
	switch r.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
	default:
		e.Permanent = r.StatusCode < 500
	}
	e.After = retryAfter(r.Header.Get("Retry-After"))
	return e
}

// maxRetryAfter bounds what a service may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads the header in its form of seconds, which Discord writes with decimals.
func retryAfter(s string) time.Duration {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
}
