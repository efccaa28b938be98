"""An application: a support desk that calls a customer back, on behalf of an agent in a browser.

It is as it would be in production; nothing in it knows of tests.
"""

import asyncio
from dataclasses import dataclass

from livekit import api


@dataclass
class Call:
    """A customer who has answered the phone."""

    room: api.Room
    customer: api.SIPParticipantInfo
    token: str
    """What the agent's browser joins with."""


class NoCall(Exception):
    """Why there is no call, as the agent is told."""


class Desk:
    def __init__(self, livekit: api.LiveKitAPI, api_key: str, api_secret: str, patience: float = 45) -> None:
        self._livekit = livekit
        self._api_key = api_key
        self._api_secret = api_secret
        self._patience = patience

    async def call_back(self, agent: str, phone: str) -> Call:
        try:
            return await asyncio.wait_for(self._call(agent, phone), self._patience)
        except asyncio.TimeoutError:
            raise NoCall("it took too long") from None
        except api.SipCallError as error:
            busy = error.sip_status_code in (486, 600)
            raise NoCall("the customer is busy" if busy else str(error)) from error
        except api.ServerError as error:
            denied = error.code == api.ServerErrorCode.PERMISSION_DENIED
            raise NoCall("the desk is not allowed to" if denied else str(error)) from error

    async def _call(self, agent: str, phone: str) -> Call:
        name = f"callback-{agent}"
        room = await self._livekit.room.create_room(
            api.CreateRoomRequest(name=name, empty_timeout=60, max_participants=2)
        )
        customer = await self._livekit.sip.create_sip_participant(
            api.CreateSIPParticipantRequest(
                sip_trunk_id="ST_desk",
                sip_call_to=phone,
                room_name=name,
                participant_identity="customer",
                wait_until_answered=True,
            )
        )
        grants = api.VideoGrants(room_join=True, room=name)
        token = api.AccessToken(self._api_key, self._api_secret).with_identity(agent).with_grants(grants)
        return Call(room, customer, token.to_jwt())
