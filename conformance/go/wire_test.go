package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// exchange is one request of the SDK and what came back.
type exchange struct {
	region    int // -1: no region of this run
	path      string
	discovery bool
	status    int // 0: no answer
	warnings  []string
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
	resp, err := w.base.RoundTrip(req)

	seen := exchange{
		region:    regionOf(req.URL.Host),
		path:      req.URL.Path,
		discovery: req.URL.Path == "/settings/regions",
	}
	if err == nil {
		seen.status = resp.StatusCode
		seen.warnings = resp.Header.Values("X-Lk-Mock-Warning")
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

func regionOf(host string) int {
	for _, list := range [][]string{urls, cloudURLs} {
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
	clear := func() {
		theWire.mu.Lock()
		defer theWire.mu.Unlock()
		theWire.exchanges, theWire.appendix = nil, nil
	}
	clear()
	t.Cleanup(clear)
	return theWire
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
