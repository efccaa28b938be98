package conformance

import (
	"context"
	"errors"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/twitchtv/twirp"
	"google.golang.org/protobuf/types/known/durationpb"
)

const htmlPage = "<html><body>502 Bad Gateway</body></html>"

// control is what a test asks of the mock, as JSON.
type control string

const (
	reset      control = `{"failRegions":[0],"failMode":"reset"}`
	hang       control = `{"failRegions":[0],"failMode":"hang"}`
	truncate   control = `{"failRegions":[0],"failMode":"truncate"}`
	garbage    control = `{"failRegions":[0],"failMode":"garbage"}`
	html502    control = `{"failRegions":[0],"failStatus":502,"failBody":"` + htmlPage + `"}`
	quota      control = `{"failRegions":[0],"failStatus":429,"failHeaders":{"Retry-After":"1"}}`
	failsOnce  control = `{"failTimes":1}`
	failsTwice control = `{"failTimes":2}`
	inTurn     control = `{"failTimes":4}`
)

// asked creates a room under the control. It checks that the call sent exactly
// these requests, and that all of them, discovery included, brought one id.
func asked(t *testing.T, ctx context.Context, base string, c control, want ...string) error {
	t.Helper()
	watch(t)
	room, err := createRoom(ctx, base, keyed(string(c)), secret)
	wantRequests(t, want...)
	if err == nil && room.Name != "lobby" {
		t.Fatalf("got the room %q, want \"lobby\"", room.Name)
	}
	if err != nil && room != nil {
		t.Fatalf("got a room beside the error: %v", room)
	}
	return err
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// calls is the ids of all calls so far.
var calls = map[string]bool{}

func wantRequests(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, e := range theWire.record() {
		got = append(got, e.String())
		if id := theWire.record()[0].id; e.id != id || !uuid.MatchString(id) || calls[id] {
			t.Fatalf("%s brought the id %q, and the first request %q", e, e.id, id)
		}
	}
	calls[theWire.record()[0].id] = true
	if !slices.Equal(got, want) {
		t.Fatalf("the SDK sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func wantAnswer(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantError checks all that the application can read of an error, and that the
// cause is inside.
func wantError(t *testing.T, err error, code twirp.ErrorCode, message string, cause error) {
	t.Helper()
	wantCode(t, err, code)
	var got twirp.Error
	errors.As(err, &got)
	if !strings.Contains(got.Msg(), message) {
		t.Fatalf("got the message %q, want %q", got.Msg(), message)
	}
	if cause != nil && !errors.Is(err, cause) {
		t.Fatalf("%v is not %v", err, cause)
	}
}

func TestNetworkReset(t *testing.T) {
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], reset,
		"0 CreateRoom reset", "0 regions 200", "1 CreateRoom 200, try 2"))

	err := asked(t, t.Context(), urls[0], reset, "0 CreateRoom reset")
	wantError(t, err, twirp.Internal, "failed to do request: ", syscall.ECONNRESET)

	// The URL in the error is that of region 0, though it is region 2 that failed last.
	err = asked(t, t.Context(), cloudURLs[0], `{"failRegions":[0,1,2,3],"failMode":"reset"}`,
		"0 CreateRoom reset", "0 regions 200", "1 CreateRoom reset", "2 CreateRoom reset")
	var failed *url.Error
	if !errors.As(err, &failed) || !strings.HasPrefix(failed.URL, cloudURLs[0]+"/twirp/") {
		t.Fatalf("got %v", err)
	}
	reportDoes(t, "net-reset", works, "0 → 1, same id: answered",
		"Every call has an id of its own, and discovery brings it too (livekit/server-sdk-go#954). With a plain host it is asked once: "+
			"Twirp's code is then `internal`, and errors.Is finds ECONNRESET. Where all regions fail, the error names the URL of region 0, whichever region was the last.")
}

func TestNetworkHang(t *testing.T) {
	// Under 5 s the deadline is that of the call.
	for _, base := range []string{cloudURLs[0], urls[0]} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := asked(t, ctx, base, hang, "0 CreateRoom timeout")
		cancel()
		wantError(t, err, twirp.Internal, "failed to do request: ", context.DeadlineExceeded)
	}

	// From 5 s on it is that of each try: the call outlives it.
	ctx, cancel := context.WithTimeout(t.Context(), 5100*time.Millisecond)
	defer cancel()
	wantAnswer(t, asked(t, ctx, cloudURLs[0], hang,
		"0 CreateRoom timeout", "0 regions 200", "1 CreateRoom 200, try 2"))
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Fatalf("the call was answered before its deadline: %v", ctx.Err())
	}
	ctx, cancel = context.WithTimeout(t.Context(), 7*time.Second)
	defer cancel()
	wantAnswer(t, asked(t, ctx, cloudURLs[0], failsTwice,
		"0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 503, try 2", "2 CreateRoom 200, try 3"))
	wantBudgets(t, 7*time.Second, 7*time.Second, 7*time.Second)
	// Without failover there is one try.
	err := asked(t, lksdk.WithFailover(ctx, false), cloudURLs[0], failsTwice, "0 CreateRoom 503, try 1")
	wantError(t, err, twirp.Unavailable, "mock failure (status 503)", nil)

	// Without a deadline, each try has the SDK's own.
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], failsOnce,
		"0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 200, try 2"))
	wantBudgets(t, 10*time.Second, 10*time.Second)

	// A call that dials waits for its ringing timeout and two seconds, whatever the deadline.
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = dial(ctx, hang, durationpb.New(time.Second))
	wantRequests(t, "0 CreateSIPParticipant timeout")
	wantBudgets(t, 3*time.Second)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the deadline", err)
	}
	wantAnswer(t, dial(ctx, `{"delayMs":0}`, nil)) // its context has ended by now
	wantRequests(t, "0 CreateSIPParticipant 200, try 1")
	wantBudgets(t, 32*time.Second)

	reportDoes(t, "net-hang", wrong, "0: DeadlineExceeded; from 5 s on 0 → 1, same id: answered",
		"A context's deadline of 5 s or more is given to each of three tries, so a call goes on after its context has ended: for three times as long where all regions hang; `WithFailover(ctx, false)` leaves one try. "+
			"A call that dials has its ringing timeout (30 s by default) and 2 s more for each try, even if its context ends earlier, or has ended. Without a deadline each try has 10 s. "+
			"Twirp's code is `internal` and not `deadline_exceeded`; errors.Is finds context.DeadlineExceeded.")
}

// dial calls a phone and waits until it is answered.
func dial(ctx context.Context, c control, ringing *durationpb.Duration) error {
	theWire.clear()
	_, err := lksdk.NewSIPClient(cloudURLs[0], keyed(string(c)), secret).CreateSIPParticipant(ctx, &livekit.CreateSIPParticipantRequest{
		SipTrunkId: "ST_trunk", SipCallTo: "+15105550100", RoomName: "lobby",
		WaitUntilAnswered: true, RingingTimeout: ringing,
	})
	return err
}

func wantBudgets(t *testing.T, want ...time.Duration) {
	t.Helper()
	if got := theWire.budgets(); !slices.Equal(got, want) {
		t.Fatalf("the tries had %v, want %v", got, want)
	}
}

func TestNetworkTruncate(t *testing.T) {
	for _, base := range []string{cloudURLs[0], urls[0]} {
		err := asked(t, t.Context(), base, truncate, "0 CreateRoom 200, try 1")
		wantError(t, err, twirp.Internal, "failed to read response body: unexpected EOF", io.ErrUnexpectedEOF)
	}

	// Half of an error is no error of the server's any more.
	err := asked(t, t.Context(), urls[0], `{"failRegions":[0],"failStatus":503,"failMode":"truncate"}`, "0 CreateRoom 503, try 1")
	wantError(t, err, twirp.Internal, "failed to read server error response body: unexpected EOF", io.ErrUnexpectedEOF)
	reportDoes(t, "net-truncate", works, "0: twirp.Error internal, unexpected EOF",
		"It is not tried again, while a reset is, although the id would make that safe. Half of a 503 loses its status: code `internal` again.")
}

func TestNetworkGarbage(t *testing.T) {
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], garbage,
		"0 CreateRoom malformed", "0 regions 200", "1 CreateRoom 200, try 2"))
	err := asked(t, t.Context(), urls[0], garbage, "0 CreateRoom malformed")
	wantError(t, err, twirp.Internal, "malformed HTTP status code", nil)
	reportDoes(t, "net-garbage", works, "0 → 1, same id: answered",
		"With a plain host it is asked once: code `internal`, and the message says that the HTTP is malformed.")
}

func TestNetworkHTML(t *testing.T) {
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], html502,
		"0 CreateRoom 502, try 1", "0 regions 200", "1 CreateRoom 200, try 2"))

	err := asked(t, t.Context(), urls[0], html502, "0 CreateRoom 502, try 1")
	wantError(t, err, twirp.Unavailable, `Error from intermediary with HTTP status code 502 "Bad Gateway"`, nil)
	var got twirp.Error
	errors.As(err, &got)
	for key, want := range map[string]string{"http_error_from_intermediary": "true", "status_code": "502", "body": htmlPage} {
		if got.Meta(key) != want {
			t.Fatalf("meta %s is %q, want %q", key, got.Meta(key), want)
		}
	}
	reportDoes(t, "net-html-502", works, "0 → 1, same id: answered",
		"With a plain host it is asked once: code `unavailable`, with the status and the page in Twirp's meta.")
}

func TestNetworkQuota(t *testing.T) {
	for _, base := range []string{cloudURLs[0], urls[0]} {
		err := asked(t, t.Context(), base, quota, "0 CreateRoom 429, try 1")
		wantError(t, err, twirp.ResourceExhausted, "mock failure (status 429)", nil)
		var got twirp.Error
		if errors.As(err, &got); len(got.MetaMap()) != 0 {
			t.Fatalf("got the meta %v, want none", got.MetaMap())
		}
	}

	// A 503 that says when to come back is not waited for either.
	begin := time.Now()
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], `{"failRegions":[0],"failHeaders":{"Retry-After":"60"}}`,
		"0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 200, try 2"))
	if took := time.Since(begin); took > 10*time.Second {
		t.Fatalf("region 1 was asked after %v", took)
	}
	reportDoes(t, "net-429", works, "0: twirp.Error resource_exhausted",
		"`Retry-After` is not read, and the error does not hold it. Of a 503 it is not read either: region 1 is asked at once.")
}

func TestNetworkFailsOnce(t *testing.T) {
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], failsOnce,
		"0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 200, try 2"))
	err := asked(t, t.Context(), urls[0], failsOnce, "0 CreateRoom 503, try 1")
	wantError(t, err, twirp.Unavailable, "mock failure (status 503)", nil)
	reportDoes(t, "net-fails-once", works, "0 → 1, same id: answered", "A plain host is asked once.")
}

func TestNetworkFailsTwice(t *testing.T) {
	wantAnswer(t, asked(t, t.Context(), cloudURLs[0], failsTwice,
		"0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 503, try 2", "2 CreateRoom 200, try 3"))
	reportDoes(t, "net-fails-twice", works, "0 → 1 → 2, same id: answered", "")
}

func TestNetworkFailsInTurn(t *testing.T) {
	err := asked(t, t.Context(), cloudURLs[0], inTurn,
		"0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 503, try 2", "2 CreateRoom 503, try 3")
	wantError(t, err, twirp.Unavailable, "mock failure (status 503)", nil)
	reportDoes(t, "net-fails-in-turn", works, "0 → 1 → 2, same id: twirp.Error unavailable",
		"Three tries are all: region 3 is never asked, and region 0 not again.")
}

func TestNetworkCloudAPI(t *testing.T) {
	wantAnswer(t, asked(t, t.Context(), cloudAPIURLs[0], failsOnce,
		"0 CreateRoom 503, try 1", "0 CreateRoom 200, try 2"))
	err := asked(t, t.Context(), cloudAPIURLs[0], inTurn,
		"0 CreateRoom 503, try 1", "0 CreateRoom 503, try 2", "0 CreateRoom 503, try 3")
	wantError(t, err, twirp.Unavailable, "mock failure (status 503)", nil)
	reportDoes(t, "net-cloud-api", works, "0 → 0, same id: answered",
		"The same host is asked up to three times, without discovery (livekit/server-sdk-go#1002).")
}
