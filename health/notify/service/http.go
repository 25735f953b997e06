package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// maxAnswer is how much of an answer is read.
const maxAnswer = 4096

// postJSON sends v and discards the answer of a success.
func (s *Service) postJSON(ctx context.Context, method, url string, header http.Header, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return permanent("encode the message: %v", err)
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return s.post(ctx, method, url, header, body)
}

func (s *Service) post(ctx context.Context, method, url string, header http.Header, body []byte) error {
	_, err := s.do(ctx, method, url, header, body)
	return err
}

// do makes one request and returns the beginning of the answer of a success.
func (s *Service) do(ctx context.Context, method, url string, header http.Header, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, permanent("the address of the service is not valid")
	}
	maps.Copy(r.Header, header)
	r.Header.Set("User-Agent", "foster")
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, offline("call the service", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, statusError(answer, string(text))
	}
	return text, nil
}

// newClient returns a client that follows no redirection: it would take the message, and with some the token, elsewhere.
func newClient(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// bearer returns the header of a token; scheme is "Bearer" with most.
func bearer(scheme, token string) http.Header {
	h := http.Header{}
	if token != "" {
		h.Set("Authorization", fmt.Sprint(scheme, " ", token))
	}
	return h
}

// call posts to an API that answers 200 with {"ok": false, "error": …} when it refuses.
func (s *Service) call(ctx context.Context, url string, header http.Header, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return permanent("encode the message: %v", err)
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	text, err := s.do(ctx, http.MethodPost, url, header, body)
	if err != nil {
		return err
	}
	var answer struct {
		OK          bool
		Error       string
		Description string
	}
	if json.Unmarshal(text, &answer) == nil && !answer.OK {
		return permanent("the service refuses: %s%s", answer.Error, answer.Description)
	}
	return nil
}
