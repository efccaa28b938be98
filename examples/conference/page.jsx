// The conference page of LiveKit's React components, as it comes. Nothing in it knows of tests.
import { LiveKitRoom, VideoConference } from "@livekit/components-react";
import "@livekit/components-styles";
import { createRoot } from "react-dom/client";

const { searchParams } = new URL(location);
const page = (
  <LiveKitRoom serverUrl={searchParams.get("url")} token={searchParams.get("token")} data-lk-theme="default" style={{ height: "100vh" }}>
    <VideoConference />
  </LiveKitRoom>
);
createRoot(document.body.appendChild(document.createElement("main"))).render(page);
