package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// exchange is one request of the SDK and what came back.
type exchange struct {
	region    int // -1: no region of this run
	path      string
	discovery bool
	status    int           // 0: no answer
	broke     string        // how it ended without an answer
	sent      int32         // how often it went over the wire: net/http sends some requests again by itself
	id        string        // X-Livekit-Request-Id
	attempt   string        // X-Lk-Mock-Attempt
	budget    time.Duration // how long the SDK would have waited for it, in seconds; 0: without end
	warnings  []string
}

// String is `0 CreateRoom 503, try 1`, `0 regions 200` or `0 CreateRoom reset`.
func (e exchange) String() string {
	line := fmt.Sprintf("%d %s ", e.region, path.Base(e.path))
	if e.broke != "" {
		line += e.broke
	} else {
		line += fmt.Sprint(e.status)
	}
	if e.attempt != "" {
		line += ", try " + e.attempt
	}
	// Over HTTP/2 an answer may be there before it is told that the request was written.
	if e.sent > 1 {
		line += fmt.Sprintf(" (sent %d times)", e.sent)
	}
	return line
}

// wire watches what the SDK sends. The SDK's clients use http.DefaultTransport,
// so a watching one in its place sees every try and changes none of them.
type wire struct {
	base http.RoundTripper

	mu        sync.Mutex
	exchanges []exchange
	appendix  []byte // added to the body of an API answer
}

var theWire *wire

func observeWire() {
	theWire = &wire{base: http.DefaultTransport}
	http.DefaultTransport = theWire
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var budget time.Duration
	if deadline, ok := req.Context().Deadline(); ok {
		budget = time.Until(deadline).Round(time.Second)
	}
	var sent atomic.Int32
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent.Add(1) }}
	resp, err := w.base.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))

	seen := exchange{
		region:    regionOf(req.URL.Host),
		path:      req.URL.Path,
		discovery: req.URL.Path == "/settings/regions",
		sent:      sent.Load(),
		id:        req.Header.Get("X-Livekit-Request-Id"),
		budget:    budget,
	}
	if err == nil {
		seen.status = resp.StatusCode
		seen.attempt = resp.Header.Get("X-Lk-Mock-Attempt")
		seen.warnings = resp.Header.Values("X-Lk-Mock-Warning")
	} else {
		seen.broke = broke(err)
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	w.exchanges = append(w.exchanges, seen)
	if err == nil && len(w.appendix) > 0 && !seen.discovery {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(resp.Body, bytes.NewReader(w.appendix)), resp.Body}
		resp.ContentLength = -1
	}
	return resp, err
}

// broke says how a request ended, without what differs from run to run.
func broke(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "malformed"
	default:
		return err.Error()
	}
}

func regionOf(host string) int {
	for _, list := range [][]string{urls, cloudURLs, cloudAPIURLs} {
		for index, raw := range list {
			if u, err := url.Parse(raw); err == nil && strings.EqualFold(u.Host, host) {
				return index
			}
		}
	}
	return -1
}

// watch starts a test with a clean record and ends it with nothing appended.
func watch(t *testing.T) *wire {
	t.Helper()
	theWire.clear()
	t.Cleanup(theWire.clear)
	return theWire
}

func (w *wire) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.exchanges, w.appendix = nil, nil
}

func (w *wire) record() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]exchange(nil), w.exchanges...)
}

// tries is the regions that API calls went to, in order.
func (w *wire) tries() []int {
	var regions []int
	for _, e := range w.record() {
		if !e.discovery {
			regions = append(regions, e.region)
		}
	}
	return regions
}

// budgets is how long the SDK would have waited for each of the API calls.
func (w *wire) budgets() []time.Duration {
	var budgets []time.Duration
	for _, e := range w.record() {
		if !e.discovery {
			budgets = append(budgets, e.budget)
		}
	}
	return budgets
}

// discoveries is the statuses that region discovery was answered with.
func (w *wire) discoveries() []int {
	var statuses []int
	for _, e := range w.record() {
		if e.discovery {
			statuses = append(statuses, e.status)
		}
	}
	return statuses
}

func (w *wire) appendToAnswers(raw []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.appendix = raw
}
