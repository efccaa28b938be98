// A test around the snippet that the inspector's composer gives for a language: node snippet.mjs LANGUAGE
//
// The control is one that every language has to quote. That the SDK's error holds its message shows that it has arrived.
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../src/inspector/page/snippets.js", import.meta.url), "utf8");
const { SNIPPETS } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

/** What every language has to quote. */
const message = `it's "tea" \u2615 $x \\ #"#`;
const control = JSON.stringify({ failRegions: [0], failStatus: 418, failMessage: message });
/** A part of it as a literal, which looks the same in each of the languages. */
const part = JSON.stringify(message.slice(5, 13));
const url = (process.env.LKM_URLS ?? "").split(",")[0];
if (!url) throw new Error("LKM_URLS is set by conformance/run");

const indented = (text, by) => text.replace(/^(?=.)/gm, " ".repeat(by));

const TESTS = {
  Node: (snippet) => snippet,
  Python: (snippet) => `# Made by snippet.mjs.
import pytest


@pytest.mark.behaviour("control-by-key")
async def test_the_composers_snippet() -> None:
    with pytest.raises(Exception) as failure:
${indented(snippet, 8)}
    assert ${part} in str(failure.value)
`,
  Go: (snippet) => `// Made by snippet.mjs.
package conformance

import (
	"context"
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

func TestSnippet(t *testing.T) {
	ctx := context.Background()
${indented(snippet, 1)}
	if err == nil || !strings.Contains(err.Error(), ${part}) {
		t.Fatal(room, err)
	}
}
`,
  Rust: (snippet) => `//! Made by snippet.mjs.
use livekit_api::services::room::{CreateRoomOptions, RoomClient};

#[tokio::test]
async fn the_composers_snippet() {
    let call = async {
${indented(snippet, 8)}
        Ok::<_, livekit_api::services::ServiceError>(room)
    };
    let error = call.await.expect_err("the control fails it").to_string();
    assert!(error.contains(${part}), "{error}");
}
`,
  Java: (snippet) => `// Made by snippet.mjs.
package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.livekit.server.RoomServiceClient;
import org.junit.jupiter.api.Test;

class SnippetTest {
  @Test
  void theComposersSnippet() throws Exception {
${indented(snippet, 4)}
    assertEquals(418, response.code());
    String error = response.errorBody().string().replace("\\\\\\"", "\\"");
    assertTrue(error.contains(${part}), error);
  }
}
`,
};

const language = process.argv[2];
if (!TESTS[language]) throw new Error(`no language "${language}"; there are ${Object.keys(TESTS).join(", ")}`);
process.stdout.write(TESTS[language](SNIPPETS[language](control, url)));
