// The conference page of LiveKit's React components, as it comes. Nothing in it knows of tests.
import { LiveKitRoom, VideoConference } from "@livekit/components-react";
import "@livekit/components-styles";
import { createRoot } from "react-dom/client";

const { searchParams } = new URL(location);
const devices = searchParams.has("devices"); // whether camera and microphone are on from the beginning
const page = (
  <LiveKitRoom video={devices} audio={devices} serverUrl={searchParams.get("url")} token={searchParams.get("token")} data-lk-theme="default" style={{ height: "100vh" }}>
    <VideoConference />
  </LiveKitRoom>
);
createRoot(document.body.appendChild(document.createElement("main"))).render(page);
