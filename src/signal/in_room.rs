//! How a connection plays the steps in the room behind it, and what it does with what happens there.

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    action::Ending,
    room::{self, Happened},
    session::{Player, WaitFor},
    step::{DataKind, Expected, RoomStep},
};
use crate::{
    journal::{Carrier, Side},
    protocol::{Format, needs_too_much_memory, signal::MESSAGES},
    rtc::{Channel, Report},
    websocket::SocketError,
};

impl Player {
    pub(super) async fn act_in_room(&mut self, step: RoomStep) -> Result<(), Ending> {
        if step.needs_a_connection() {
            if !self.room.connects() {
                tracing::warn!("signalling: a step of the script is left out: rooms don't connect");
                return Ok(());
            }
            self.wait_for_the_client(None).await?;
        }
        match step {
            RoomStep::Participant(info) => {
                let update = self.room.change(&info);
                self.send(&update).await?;
            }
            RoomStep::Data(channel, packet) => self.send_packet(channel, packet).await,
            RoomStep::Text(text) => {
                for packet in self.room.text(text) {
                    self.send_packet(Channel::Reliable, packet).await;
                }
            }
            RoomStep::Rpc(rpc) => self.room.answer_rpc(rpc),
            RoomStep::Publish(publish) => {
                for message in self.room.publish(publish).await {
                    self.send(&message).await?;
                }
            }
            RoomStep::Media(media) => self.room.media(media).await,
        }
        Ok(())
    }

    /// Waits until the client has connected, and for the moment in which its application comes to know
    /// of it: before that, clients tell it of nothing that happens.
    pub(super) async fn wait_for_the_client(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<(), Ending> {
        self.listen(WaitFor { what: Some(Expected::Connected), deadline }).await?;
        match self.room.settles() {
            None => Ok(()),
            deadline => self.listen(WaitFor { what: Some(Expected::Settled), deadline }).await,
        }
    }

    /// Takes note of what has happened, and answers it. Returns whether it is what was expected.
    pub(super) async fn note(
        &mut self,
        happened: Happened,
        expected: Option<Expected>,
    ) -> Result<bool, SocketError> {
        match happened {
            Happened::Peer(Report::Opened(Channel::Reliable)) => self.room.opened(),
            Happened::Peer(Report::Data(_, packet)) => {
                return Ok(self.read_packet(packet, expected).await);
            }
            Happened::Peer(Report::Ended) => self.room.ended(),
            Happened::Receiving(Report::Offer(description)) => {
                let offer = room::offer(description, self.room.next_offer());
                self.send(&offer).await?;
            }
            Happened::Receiving(Report::Ended) => self.room.receiving_ended(),
            Happened::Silence => self.send(&room::speaks(false)).await?,
            Happened::Peer(_) | Happened::Receiving(_) => {}
        }
        Ok(false)
    }

    async fn read_packet(&mut self, packet: Bytes, expected: Option<Expected>) -> bool {
        self.recorder.message(Side::Client, Carrier::Data, &packet);
        if needs_too_much_memory(Format::Protobuf, &MESSAGES.data_packet, &packet) {
            return false;
        }
        if let Some(Expected::Data(kind)) = expected
            && DataKind::of(&packet) == Some(kind)
        {
            return true;
        }
        for answer in self.room.answers_to(&packet) {
            self.send_packet(Channel::Reliable, answer).await;
        }
        false
    }

    /// It is written down before, as a message is.
    async fn send_packet(&mut self, channel: Channel, packet: Bytes) {
        self.recorder.message(Side::Server, Carrier::Data, &packet);
        self.room.send(channel, packet).await;
    }
}

impl RoomStep {
    fn needs_a_connection(&self) -> bool {
        matches!(self, Self::Data(..) | Self::Text(_) | Self::Publish(_))
    }
}
