// How a control is sent from each language. Each takes the control as JSON, and the URL of the first region.

const quoted = JSON.stringify;
/** A text in a shell's single quotes. */
const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
/** A raw text in Rust, with as many signs around it as it needs. */
const rust = (text) => {
  const signs = "#".repeat(Math.max(...[...text.matchAll(/"(#*)/g)].map(([, found]) => found.length + 1), 1));
  return `r${signs}"${text}"${signs}`;
};
/** A text in Ruby's single quotes. */
const ruby = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
const ascii = (json) => json.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** @type {Record<string, (control: string, url: string) => string>} */
export const SNIPPETS = {
  curl: (control, url) =>
    `curl -i ${url}/twirp/livekit.RoomService/CreateRoom \\\n  -H 'Content-Type: application/json' \\\n  -H ${shell(`X-Lk-Mock: ${ascii(control)}`)} \\\n  -d '{"name":"lobby"}'`,
  Node: (control, url) =>
    `import { RoomServiceClient } from "livekit-server-sdk";\n\nconst key = ${quoted(`mock:${control}`)};\nconst rooms = new RoomServiceClient(${quoted(url)}, key, "secret");\nawait rooms.createRoom({ name: "lobby" });`,
  Python: (control, url) =>
    `from livekit import api\n\nkey = ${quoted(`mock:${ascii(control)}`)}\nasync with api.LiveKitAPI(${quoted(url)}, key, "secret") as lkapi:\n    await lkapi.room.create_room(api.CreateRoomRequest(name="lobby"))`,
  Go: (control, url) =>
    `key := ${quoted(`mock:${control}`)}\nrooms := lksdk.NewRoomServiceClient(${quoted(url)}, key, "secret")\nroom, err := rooms.CreateRoom(ctx, &livekit.CreateRoomRequest{Name: "lobby"})`,
  Rust: (control, url) =>
    `let key = ${rust(`mock:${control}`)};\nlet rooms = RoomClient::with_api_key(${quoted(url)}, key, "secret");\nlet room = rooms.create_room("lobby", CreateRoomOptions::default()).await?;`,
  Ruby: (control, url) =>
    `key = ${ruby(`mock:${control}`)}\nlkapi = LiveKit::LiveKitAPI.new(${ruby(url)}, api_key: key, api_secret: 'secret')\nroom = lkapi.room.create_room('lobby')`,
  Java: (control, url) =>
    `var key = ${quoted(`mock:${ascii(control)}`)};\nvar rooms = RoomServiceClient.createClient(${quoted(url)}, key, "secret");\nvar response = rooms.createRoom("lobby").execute();`,
};
