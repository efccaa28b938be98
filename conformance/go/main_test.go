// Package conformance runs LiveKit's Go server SDK, unmodified, against a
// running livekit-mock, and writes one line a behaviour to $LKM_RESULTS.
package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	lksdk "github.com/livekit/server-sdk-go/v2"
)

// behaviours is every behaviour that this suite has to report. A run in which
// one of them stays silent has failed.
var behaviours = []string{
	"methods", "wrong-secret", "missing-grant",
	"failover-0-1", "failover-01-2", "failover-all-down", "no-retry-4xx", "failover-drop",
	"discovery-fails", "pinned", "deadline", "sip-errors",
	"response-override", "unknown-field", "control-by-key",
	"net-reset", "net-hang", "net-truncate", "net-garbage", "net-html-502", "net-429",
	"net-fails-once", "net-fails-twice", "net-fails-in-turn", "net-cloud-api",
}

type result string

const (
	works result = "works"
	lacks result = "lacks" // the client has no such feature
	wrong result = "wrong" // the client has it and gets it wrong
)

var (
	urls, cloudURLs, cloudAPIURLs []string // the four regions, by index
	apiKey, secret                string
	resultsPath                   string
	reported                      = map[string]bool{}
)

func TestMain(m *testing.M) {
	env := map[string]string{}
	for _, name := range []string{
		"LKM_URLS", "LKM_CLOUD_URLS", "LKM_CLOUD_API_URLS", "LKM_API_KEY", "LKM_API_SECRET", "LKM_RESULTS",
	} {
		if env[name] = os.Getenv(name); env[name] == "" {
			fail("%s is not set; conformance/run sets it", name)
		}
	}
	regions := func(name string) []string {
		list := strings.Split(env[name], ",")
		if len(list) != 4 {
			fail("%s holds one url a region, four in all; got %d", name, len(list))
		}
		return list
	}
	urls, cloudURLs, cloudAPIURLs = regions("LKM_URLS"), regions("LKM_CLOUD_URLS"), regions("LKM_CLOUD_API_URLS")
	apiKey, secret, resultsPath = env["LKM_API_KEY"], env["LKM_API_SECRET"], env["LKM_RESULTS"]

	// AgentClient looks for its server under agents.<domain>; this variable is
	// the SDK's own way to send it elsewhere.
	os.Setenv("LK_AGENTS_URL", urls[0])

	observeWire()
	code := m.Run()
	// Over https some are left out, and the runner knows which.
	if code == 0 && strings.HasPrefix(urls[0], "http:") {
		for _, behaviour := range behaviours {
			if !reported[behaviour] {
				fmt.Fprintf(os.Stderr, "behaviour %q was not reported\n", behaviour)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// report writes a behaviour's line. It is the last thing that a test does, so a
// test that failed on the way has reported nothing.
func report(t *testing.T, behaviour string, outcome result, note string) {
	t.Helper()
	reportDoes(t, behaviour, outcome, "", note)
}

// reportDoes is report for what the client does when the network breaks.
func reportDoes(t *testing.T, behaviour string, outcome result, does, note string) {
	t.Helper()
	if t.Failed() {
		return
	}
	if outcome != works && note == "" {
		t.Fatalf("%s: %q needs a note", behaviour, outcome)
	}
	line, err := json.Marshal(struct {
		Client    string `json:"client"`
		Package   string `json:"package"`
		Version   string `json:"version"`
		Behaviour string `json:"behaviour"`
		Result    result `json:"result"`
		Does      string `json:"does,omitempty"`
		Note      string `json:"note,omitempty"`
	}{"go", "github.com/livekit/server-sdk-go/v2", lksdk.Version, behaviour, outcome, does, note})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(resultsPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reported[behaviour] = true
}
