// Runs in the page, beside livekit-client's own UMD build. It watches and reports; it changes nothing of what the client sees.
/* global LivekitClient, report */
(() => {
  // Close codes are the one thing of a socket that the DevTools protocol does not tell.
  let sockets = 0;
  window.WebSocket = class extends window.WebSocket {
    constructor(...args) {
      super(...args);
      const index = sockets++;
      this.addEventListener('close', ({ code, reason, wasClean }) => report({ type: 'close', index, code, reason, wasClean }));
    }
  };

  const { Room, RoomEvent, ConnectionErrorReason, DisconnectReason, setLogLevel } = LivekitClient;
  setLogLevel('silent');

  const describe = (error) => ({
    name: error.name,
    reason: error.reason === undefined ? undefined : ConnectionErrorReason[error.reason],
    status: error.status,
    message: error.message,
  });

  const gathered = async (peer) => {
    await peer.setLocalDescription();
    while (peer.iceGatheringState !== 'complete') {
      await new Promise((resolve) => peer.addEventListener('icegatheringstatechange', resolve, { once: true }));
    }
    return peer.localDescription.sdp;
  };

  /** The offer of a media server, which the mock has not: it goes into a script, and the client's answer to `window.peer`. */
  window.offerMedia = () => {
    const peer = new RTCPeerConnection();
    window.peer = peer;
    for (const label of ['_reliable', '_lossy']) peer.createDataChannel(label);
    return gathered(peer);
  };

  /** The answer of a media server to an offer. */
  window.answerMedia = async (sdp) => {
    const peer = new RTCPeerConnection();
    await peer.setRemoteDescription({ type: 'offer', sdp });
    return gathered(peer);
  };

  /** Connects a room as an application would. What it says of itself goes to `report`. */
  window.start = (url, token, { room: roomOptions = {}, connect: connectOptions = {} } = {}) => {
    const room = new Room(roomOptions);
    window.room = room;
    const event = (name, detail) => report({ type: 'event', name, detail });
    for (const name of ['SignalConnected', 'Connected', 'SignalReconnecting', 'Reconnecting', 'Reconnected']) {
      room.on(RoomEvent[name], () => event(name));
    }
    room.on(RoomEvent.ConnectionStateChanged, (state) => event('state', state));
    room.on(RoomEvent.Disconnected, (reason) => event('Disconnected', reason === undefined ? undefined : DisconnectReason[reason]));
    room.connect(url, token, connectOptions).then(
      () => event('connect resolved'),
      (error) => event('connect rejected', describe(error)),
    );
  };
})();
