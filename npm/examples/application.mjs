// An application: a support desk that calls a customer back, on behalf of an agent in a browser. It is as it
// would be in production; nothing in it knows of tests.

import { AccessToken, ServerError, SipCallError } from "livekit-server-sdk";

/** Why there is no call, as the agent is told. */
export class NoCall extends Error {}

export class Desk {
  /** `patience`: how long an agent waits before the desk gives up, in milliseconds. */
  constructor(livekit, apiKey, apiSecret, patience = 45_000) {
    Object.assign(this, { livekit, apiKey, apiSecret, patience });
  }

  /** Calls the customer: the room, the customer in it, and what the agent's browser joins with. */
  async callBack(agent, phone) {
    let timer;
    const tooLong = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new NoCall("it took too long")), this.patience);
    });
    try {
      return await Promise.race([this.#call(agent, phone), tooLong]);
    } catch (error) {
      throw told(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #call(agent, phone) {
    const name = `callback-${agent}`;
    const room = await this.livekit.room.createRoom({ name, emptyTimeout: 60, maxParticipants: 2 });
    const customer = await this.livekit.sip.createSipParticipant("ST_desk", phone, name, {
      participantIdentity: "customer",
      waitUntilAnswered: true,
    });
    const token = new AccessToken(this.apiKey, this.apiSecret, { identity: agent });
    token.addGrant({ roomJoin: true, room: name });
    return { room, customer, token: await token.toJwt() };
  }
}

/** An error of LiveKit's as the agent is told. */
function told(error) {
  if (error instanceof SipCallError && [486, 600].includes(error.sipStatusCode)) {
    return new NoCall("the customer is busy");
  }
  if (error instanceof ServerError) {
    return new NoCall(error.code === "permission_denied" ? "the desk is not allowed to" : error.message);
  }
  return error;
}
