package conformance

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"
)

// arguments holds what a method is called with where a filled request would not
// do: the SDK refuses it before it is sent, or the method takes no request. A
// method of several arguments has a []any.
var arguments = map[string]any{
	"SIPClient.CreateSIPInboundTrunk": &livekit.CreateSIPInboundTrunkRequest{
		Trunk: &livekit.SIPInboundTrunkInfo{Name: "inbound", Numbers: []string{"+15105550100"}},
	},
	"SIPClient.CreateSIPOutboundTrunk": &livekit.CreateSIPOutboundTrunkRequest{
		Trunk: &livekit.SIPOutboundTrunkInfo{Name: "outbound", Address: "sip.example.com", Numbers: []string{"+15105550100"}},
	},
	"SIPClient.UpdateSIPInboundTrunk": &livekit.UpdateSIPInboundTrunkRequest{
		SipTrunkId: "ST_in",
		Action:     &livekit.UpdateSIPInboundTrunkRequest_Update{Update: &livekit.SIPInboundTrunkUpdate{Name: new("renamed")}},
	},
	"SIPClient.UpdateSIPOutboundTrunk": &livekit.UpdateSIPOutboundTrunkRequest{
		SipTrunkId: "ST_out",
		Action:     &livekit.UpdateSIPOutboundTrunkRequest_Update{Update: &livekit.SIPOutboundTrunkUpdate{Name: new("renamed")}},
	},
	"SIPClient.UpdateSIPDispatchRule": &livekit.UpdateSIPDispatchRuleRequest{
		SipDispatchRuleId: "SDR_1",
		Action:            &livekit.UpdateSIPDispatchRuleRequest_Update{Update: &livekit.SIPDispatchRuleUpdate{Name: new("renamed")}},
	},
	// The three below filter the answer by these ids; what the mock lists has others.
	"SIPClient.GetSIPInboundTrunksByIDs":  []string{"MOCK_SIP_TRUNK_ID"},
	"SIPClient.GetSIPOutboundTrunksByIDs": []string{"MOCK_SIP_TRUNK_ID"},
	"SIPClient.GetSIPDispatchRulesByIDs":  []string{"MOCK_SIP_DISPATCH_RULE_ID"},
	"AgentDispatchClient.GetDispatch":     []any{"AD_1", "lobby"},
}

// filledDeeply are the clients of services whose answers have their nested
// messages filled too: programs read on in them.
var filledDeeply = []string{"AgentDispatchClient", "PhoneNumberClient", "AgentSimulationClient", "AgentClient"}

// TestMethods calls every method of every client of the SDK once, with the grants
// that the SDK attaches by itself, and checks the whole answer.
func TestMethods(t *testing.T) {
	// Two methods ring a phone for 11 s; that wait is TestDeadline's.
	key := keyed(`{"delayMs":0}`)
	agents, err := lksdk.NewAgentClient(urls[0], key, secret)
	if err != nil {
		t.Fatal(err)
	}
	clients := []any{
		lksdk.NewRoomServiceClient(urls[0], key, secret),
		lksdk.NewEgressClient(urls[0], key, secret),
		lksdk.NewIngressClient(urls[0], key, secret),
		lksdk.NewSIPClient(urls[0], key, secret),
		lksdk.NewConnectorClient(urls[0], key, secret),
		lksdk.NewAgentDispatchServiceClient(urls[0], key, secret),
		lksdk.NewPhoneNumberClient(urls[0], key, secret),
		lksdk.NewAgentSimulationClient(urls[0], key, secret),
		agents,
	}

	var called []string
	for _, client := range clients {
		value := reflect.ValueOf(client)
		for i := range value.NumMethod() {
			name := value.Type().Elem().Name() + "." + value.Type().Method(i).Name
			if name == "RoomServiceClient.CreateToken" { // signs a token, calls nothing
				continue
			}
			called = append(called, name)
			t.Run(name, func(t *testing.T) { callMethod(t, name, value.Method(i)) })
		}
	}

	slices.Sort(called)
	if declared := declaredMethods(t); !slices.Equal(called, declared) {
		t.Fatalf("called  %v\nthe SDK has %v", called, declared)
	}
	report(t, "methods", works, "AgentClient rewrites its URL to https://agents.<domain>; LK_AGENTS_URL sends it to the mock")
}

func callMethod(t *testing.T, name string, method reflect.Value) {
	w := watch(t)
	argument, ok := arguments[name]
	if !ok {
		request, isMessage := reflect.New(method.Type().In(1).Elem()).Interface().(proto.Message)
		if !isMessage {
			t.Fatalf("%s takes %v: say in `arguments` what to call it with", name, method.Type())
		}
		fill(request.ProtoReflect())
		argument = request
	}

	in := []reflect.Value{reflect.ValueOf(t.Context())}
	if several, ok := argument.([]any); ok {
		for _, one := range several {
			in = append(in, reflect.ValueOf(one))
		}
	} else {
		in = append(in, reflect.ValueOf(argument))
	}
	out := method.Call(in)
	if err, _ := out[1].Interface().(error); err != nil {
		t.Fatal(err)
	}
	wantTries(t, w, 0)
	for _, e := range w.record() {
		if len(e.warnings) > 0 {
			t.Errorf("the mock warned %q", e.warnings)
		}
	}
	checkAnswer(t, name, argument, out[0])
}

func checkAnswer(t *testing.T, name string, argument any, out reflect.Value) {
	if out.Kind() == reflect.Slice { // by ids: one element of the list, whose id was asked for
		if got := out.Len(); got != 1 {
			t.Fatalf("got %d elements, want 1", got)
		}
		return
	}
	got := proto.Clone(out.Interface().(proto.Message))
	forget(got.ProtoReflect())
	request, ok := argument.(proto.Message)
	if !ok { // a method of the SDK's own, which takes the first element out of a list: it has its ids
		request = &emptypb.Empty{}
	}
	want := populated(request.ProtoReflect(), got.ProtoReflect().New())
	if client, _, _ := strings.Cut(name, "."); slices.Contains(filledDeeply, client) {
		for _, missing := range unfilled(got.ProtoReflect(), want.ProtoReflect(), ok) {
			t.Errorf("%s of %v is not as it should be", missing, got)
		}
		return
	}
	if !proto.Equal(got, want) {
		t.Fatalf("%s\ngot  %v\nwant %v", got.ProtoReflect().Descriptor().FullName(), got, want)
	}
}

// unfilled names the fields of a deeper answer that are missing, or not as the
// plain one has them; of a whole answer the nested messages too.
func unfilled(got, plain protoreflect.Message, whole bool) []string {
	var missing []string
	fields := got.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		good := true
		switch {
		case field.IsMap() || field.ContainingOneof() != nil:
		case field.IsList() && field.Message() != nil:
			good = !whole || got.Get(field).List().Len() == 1
		case field.Message() != nil:
			good = !whole || got.Has(field)
		case field.Name() == "success" && field.Kind() == protoreflect.BoolKind:
			good = got.Get(field).Bool()
		case plain.Has(field):
			good = got.Get(field).Equal(plain.Get(field))
		}
		if !good {
			missing = append(missing, string(field.Name()))
		}
	}
	return missing
}

// fill sets every singular scalar of a message, and of a oneof its first.
func fill(m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if oneof := field.ContainingOneof(); oneof != nil && m.WhichOneof(oneof) != nil {
			continue
		}
		if value, ok := sample(field); ok {
			m.Set(field, value)
		}
	}
}

func sample(field protoreflect.FieldDescriptor) (protoreflect.Value, bool) {
	if field.Cardinality() == protoreflect.Repeated {
		return protoreflect.Value{}, false
	}
	number := int64(field.Number()) + 100
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("the " + string(field.Name())), true
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(field.Name())), true
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true), true
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(number)), true
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(number)), true
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(number), true
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(number)), true
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(number) / 2), true
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(number) / 2), true
	default: // enums and messages
		return protoreflect.Value{}, false
	}
}

// populated is the answer that the mock gives by default (docs/BEHAVIOUR.md,
// Populated answers): what the request has too is echoed, ids get a placeholder, lists of messages
// one element with placeholders.
func populated(request, answer protoreflect.Message) proto.Message {
	fields := answer.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		same := request.Descriptor().Fields().ByName(field.Name())
		switch {
		case isScalar(field) && same != nil && isScalar(same) && same.Kind() == field.Kind() && request.Has(same):
			answer.Set(field, request.Get(same))
		case isID(field):
			answer.Set(field, placeholder(field))
		case field.IsList() && field.Message() != nil:
			list := answer.Mutable(field).List()
			element := list.NewElement()
			inner := field.Message().Fields()
			for j := range inner.Len() {
				if isID(inner.Get(j)) {
					element.Message().Set(inner.Get(j), placeholder(inner.Get(j)))
				}
			}
			list.Append(element)
		}
	}
	return answer.Interface()
}

func isScalar(field protoreflect.FieldDescriptor) bool {
	_, ok := sample(field)
	return ok
}

func isID(field protoreflect.FieldDescriptor) bool {
	name := string(field.Name())
	return field.Kind() == protoreflect.StringKind && field.Cardinality() != protoreflect.Repeated &&
		(name == "id" || name == "sid" || strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "_sid"))
}

func placeholder(field protoreflect.FieldDescriptor) protoreflect.Value {
	return protoreflect.ValueOfString("MOCK_" + strings.ToUpper(string(field.Name())))
}

// forget drops what the mock's newer schema has and the SDK's does not.
func forget(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.IsList() && field.Message() != nil {
			for i := range value.List().Len() {
				value.List().Get(i).Message().SetUnknown(nil)
			}
		}
		return true
	})
}

// declaredMethods reads from the SDK's source which of its types have methods that
// take a context and give an answer and an error: a client that is new to the SDK
// is missed by reflection, and found here.
func declaredMethods(t *testing.T) []string {
	t.Helper()
	list := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/livekit/server-sdk-go/v2")
	var said strings.Builder
	list.Stderr = &said
	dir, err := list.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", list, err, &said)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the SDK's source is not in %q: %v", dir, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if name, ok := apiMethod(decl); ok {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func apiMethod(decl ast.Decl) (string, bool) {
	method, ok := decl.(*ast.FuncDecl)
	if !ok || method.Recv == nil || !method.Name.IsExported() {
		return "", false
	}
	pointer, ok := method.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return "", false
	}
	receiver, ok := pointer.X.(*ast.Ident)
	if !ok || !strings.HasSuffix(receiver.Name, "Client") || !receiver.IsExported() {
		return "", false
	}
	parameters := method.Type.Params.List
	if len(parameters) < 2 || method.Type.Results.NumFields() != 2 {
		return "", false
	}
	first, ok := parameters[0].Type.(*ast.SelectorExpr)
	if !ok || first.Sel.Name != reflect.TypeFor[context.Context]().Name() {
		return "", false
	}
	return receiver.Name + "." + method.Name.Name, true
}
