package conformance

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/twitchtv/twirp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/durationpb"
)

// keyed is an API key that programs the mock: the SDK copies it into the token's
// issuer, and sends that token on every try and on region discovery.
func keyed(control string) string { return "mock:" + control }

func createRoom(ctx context.Context, base, key, secret string) (*livekit.Room, error) {
	return lksdk.NewRoomServiceClient(base, key, secret).
		CreateRoom(ctx, &livekit.CreateRoomRequest{Name: "lobby"})
}

func wantCode(t *testing.T, err error, want twirp.ErrorCode) {
	t.Helper()
	var got twirp.Error
	if !errors.As(err, &got) {
		t.Fatalf("got %v (%T), want a Twirp error %q", err, err, want)
	}
	if got.Code() != want {
		t.Fatalf("got code %q (%v), want %q", got.Code(), err, want)
	}
}

func wantTries(t *testing.T, w *wire, want ...int) {
	t.Helper()
	if got := w.tries(); !slices.Equal(got, want) {
		t.Fatalf("the API was called in regions %v, want %v", got, want)
	}
}

func wantDiscoveries(t *testing.T, w *wire, want ...int) {
	t.Helper()
	if got := w.discoveries(); !slices.Equal(got, want) {
		t.Fatalf("region discovery was answered %v, want %v", got, want)
	}
}

func TestWrongSecret(t *testing.T) {
	w := watch(t)
	_, err := createRoom(t.Context(), urls[0], apiKey, "not-"+secret)
	wantCode(t, err, twirp.Unauthenticated)
	wantTries(t, w, 0)
	report(t, "wrong-secret", works, "")
}

// The SDK always signs the grants that a method needs, so the token without one
// is put in its place by a hook, the SDK's own way to touch a request.
func TestMissingGrant(t *testing.T) {
	w := watch(t)
	token, err := lksdk.NewRoomServiceClient(urls[0], apiKey, secret).CreateToken().ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	rooms := lksdk.NewRoomServiceClient(urls[0], apiKey, secret, twirp.WithClientHooks(&twirp.ClientHooks{
		RequestPrepared: func(ctx context.Context, req *http.Request) (context.Context, error) {
			req.Header.Set("Authorization", "Bearer "+token)
			return ctx, nil
		},
	}))
	_, err = rooms.CreateRoom(t.Context(), &livekit.CreateRoomRequest{Name: "lobby"})
	wantCode(t, err, twirp.PermissionDenied)
	wantTries(t, w, 0)
	report(t, "missing-grant", works, "the SDK signs the right grants by itself; a request hook puts a token without them in their place")
}

func TestFailoverToTheNextRegion(t *testing.T) {
	w := watch(t)
	room, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"failRegions":[0]}`), secret)
	if err != nil {
		t.Fatal(err)
	}
	if room.Name != "lobby" {
		t.Fatalf("the replayed request lost its body: room %q", room.Name)
	}
	wantTries(t, w, 0, 1)
	wantDiscoveries(t, w, 200)
	report(t, "failover-0-1", works, "")
}

func TestFailoverToTheThirdRegion(t *testing.T) {
	w := watch(t)
	if _, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"failRegions":[0,1]}`), secret); err != nil {
		t.Fatal(err)
	}
	wantTries(t, w, 0, 1, 2)
	wantDiscoveries(t, w, 200)
	report(t, "failover-01-2", works, "")
}

func TestFailoverWithAllRegionsDown(t *testing.T) {
	w := watch(t)
	_, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"failRegions":[0,1,2,3]}`), secret)
	wantCode(t, err, twirp.Unavailable)
	wantTries(t, w, 0, 1, 2)

	// A host outside livekit.cloud is tried once.
	w = watch(t)
	_, err = createRoom(t.Context(), urls[0], keyed(`{"failRegions":[0]}`), secret)
	wantCode(t, err, twirp.Unavailable)
	wantTries(t, w, 0)
	report(t, "failover-all-down", works, "gives up after three tries, whatever the number of regions")
}

func TestNoRetryOf4xx(t *testing.T) {
	for status, code := range map[string]twirp.ErrorCode{
		"400": twirp.InvalidArgument,
		"404": twirp.NotFound,
		"429": twirp.ResourceExhausted,
	} {
		w := watch(t)
		_, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"failRegions":[0],"failStatus":`+status+`}`), secret)
		wantCode(t, err, code)
		wantTries(t, w, 0)
		wantDiscoveries(t, w)
	}
	report(t, "no-retry-4xx", works, "")
}

func TestFailoverOfADroppedConnection(t *testing.T) {
	w := watch(t)
	if _, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"failRegions":[0],"failMode":"drop"}`), secret); err != nil {
		t.Fatal(err)
	}
	wantTries(t, w, 0, 1)
	report(t, "failover-drop", works, "")
}

func TestDiscoveryFails(t *testing.T) {
	w := watch(t)
	_, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"failRegions":[0],"regionsStatus":500}`), secret)
	wantCode(t, err, twirp.Unavailable)
	wantTries(t, w, 0, 0, 0)
	report(t, "discovery-fails", works, "with no region list it asks region 0 again, three times in all, and then the server's error reaches the caller")
}

func TestPinned(t *testing.T) {
	w := watch(t)
	_, err := createRoom(t.Context(), cloudURLs[0], keyed(`{"pinnedRegions":["region-1"]}`), secret)
	// 451 is a 4xx to the SDK. A client that follows the pin ends in region 1
	// with a room.
	var got twirp.Error
	if !errors.As(err, &got) || got.Meta("status_code") != "451" {
		t.Fatalf("got %v, want the 451 as an intermediary's error", err)
	}
	wantTries(t, w, 0)
	report(t, "pinned", lacks, "a 451 reaches the caller as a Twirp error of an intermediary; the client does not go on to the region that is allowed")
}

func TestDeadline(t *testing.T) {
	watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := createRoom(ctx, cloudURLs[0], keyed(`{"delayMs":5000}`), secret)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the deadline", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Fatalf("the deadline of 300 ms was kept after %v", took)
	}

	// Dialling has the mock's own latency of 11 s, beyond the SDK's usual 10 s: the
	// SDK has to wait longer for a call that rings.
	participant, err := lksdk.NewSIPClient(urls[0], apiKey, secret).CreateSIPParticipant(t.Context(), &livekit.CreateSIPParticipantRequest{
		SipTrunkId: "ST_trunk", SipCallTo: "+15105550100", RoomName: "lobby", WaitUntilAnswered: true,
	})
	if err != nil {
		t.Fatalf("a call that is answered after 11 s: %v", err)
	}
	if participant.RoomName != "lobby" {
		t.Fatalf("room %q", participant.RoomName)
	}
	report(t, "deadline", works, "")
}

func TestSIPErrors(t *testing.T) {
	watch(t)
	for _, c := range []struct {
		control string
		sip     livekit.SIPStatusCode
		text    string
		grpc    codes.Code
	}{
		{`{"code":486,"status":"Busy Here"}`, livekit.SIPStatusCode_SIP_STATUS_BUSY_HERE, "Busy Here", codes.FailedPrecondition},
		{`{"code":603,"status":"Decline"}`, livekit.SIPStatusCode_SIP_STATUS_GLOBAL_DECLINE, "Decline", codes.PermissionDenied},
		{`{"code":408}`, livekit.SIPStatusCode_SIP_STATUS_REQUEST_TIMEOUT, "", codes.DeadlineExceeded},
	} {
		sip := lksdk.NewSIPClient(urls[0], keyed(`{"delayMs":0,"sipStatus":`+c.control+`}`), secret)
		_, dialled := sip.CreateSIPParticipant(t.Context(), &livekit.CreateSIPParticipantRequest{
			SipTrunkId: "ST_trunk", SipCallTo: "+15105550100", RoomName: "lobby", WaitUntilAnswered: true,
			RingingTimeout: durationpb.New(2 * time.Second),
		})
		_, transferred := sip.TransferSIPParticipant(t.Context(), &livekit.TransferSIPParticipantRequest{
			RoomName: "lobby", ParticipantIdentity: "caller", TransferTo: "tel:+15105550122",
		})
		for _, err := range []error{dialled, transferred} {
			// The SDK turns the error into the gRPC status of its error_details.
			if got := status.Code(err); got != c.grpc {
				t.Fatalf("%s: got code %v (%v), want %v", c.control, got, err, c.grpc)
			}
			got := lksdk.SIPStatusFrom(err)
			if got == nil || got.Code != c.sip || got.Status != c.text {
				t.Fatalf("%s: got SIP status %v, want %v %q", c.control, got, c.sip, c.text)
			}
		}
	}
	report(t, "sip-errors", works, "SIPStatusFrom reads error_details; Twirp's meta fields are gone by then")
}

func TestResponseOverride(t *testing.T) {
	watch(t)
	// In Go a control can ride in a request header too.
	ctx, err := twirp.WithHTTPRequestHeaders(t.Context(), http.Header{
		"X-Lk-Mock": {`{"response":{"rooms":[{"name":"lobby","sid":"RM_1","numParticipants":3},{"name":"hall"}]}}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := lksdk.NewRoomServiceClient(urls[0], apiKey, secret).ListRooms(ctx, &livekit.ListRoomsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Rooms) != 2 || answer.Rooms[0].Sid != "RM_1" || answer.Rooms[0].NumParticipants != 3 || answer.Rooms[1].Name != "hall" {
		t.Fatalf("got %v", answer)
	}
	report(t, "response-override", works, "")
}

// The mock answers with its own schema, so a field of the future is added to its
// answer on the way to the SDK.
func TestUnknownField(t *testing.T) {
	w := watch(t)
	future := protowire.AppendTag(nil, 18_000, protowire.BytesType)
	future = protowire.AppendString(future, "from the future")
	w.appendToAnswers(future)
	room, err := createRoom(t.Context(), urls[0], apiKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	if room.Name != "lobby" || !slices.Equal([]byte(room.ProtoReflect().GetUnknown()), future) {
		t.Fatalf("got %v with unknown fields %x", room, room.ProtoReflect().GetUnknown())
	}
	report(t, "unknown-field", works, "kept as an unknown field; it was added to the mock's answer on the way, since the mock answers with its own schema")
}

func TestControlByKey(t *testing.T) {
	control := `{"response":{"name":"by key","sid":"RM_KEY"}}`
	for _, key := range []string{
		keyed(control),
		keyed(base64.URLEncoding.EncodeToString([]byte(control))),
		keyed(base64.RawURLEncoding.EncodeToString([]byte(control))),
	} {
		w := watch(t)
		room, err := createRoom(t.Context(), urls[0], key, secret)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if room.Name != "by key" || room.Sid != "RM_KEY" {
			t.Fatalf("%s: got %v", key, room)
		}
		for _, e := range w.record() {
			if len(e.warnings) > 0 {
				t.Fatalf("%s: the mock warned %q", key, e.warnings)
			}
		}
	}
	report(t, "control-by-key", works, "")
}
