//! The control, field by field.

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{
    choice::{FailMode, LeaveAction},
    content_type::ContentType,
    declare::{control, optional},
    error::ControlError,
    fail_delay::FailDelay,
    field::{Field, Given, Header, Json, Null, Part},
    kind::{InHeader, InJson, Kind},
    number::{Seed, ServerProtocol, Share, Times},
    plain::{Flag, Message, Milliseconds, Regions, Scenario, Script, Text, Texts},
    setter::setter,
    sip_status::SipStatus,
    sip_transfer::SipTransfer,
    status::Status,
    strings::{Headers, Strings},
};
use crate::auth::Auth;

control! {
    /// One request's script: which regions fail and how, what is answered, how long it takes
    /// (`docs/BEHAVIOUR.md`, The control).
    ///
    /// Build one and send its [`header`](Control::header) with the request:
    ///
    /// ```
    /// use livekit_mock::{Control, FailMode};
    ///
    /// let (name, value) = Control::new().fail_regions([0]).fail_mode(FailMode::Drop).header();
    /// assert_eq!(name, "x-lk-mock");
    /// assert_eq!(value, r#"{"failRegions":[0],"failMode":"drop"}"#);
    /// ```
    ///
    /// There is a method for each field of the JSON object, of the same name. A method that can be given
    /// what no server could use returns a [`ControlError`] for it, so that a test fails at that line
    /// and not with an answer that it did not expect. All others return the control itself.
    ///
    /// ```
    /// # use livekit_mock::Control;
    /// let error = Control::new().fail_regions([0]).fail_status(700).unwrap_err();
    /// assert_eq!(error.to_string(), "fail_status: must be a status from 200 to 599, not 700");
    /// ```
    // As the server reads it, a field that is `None` was not given.
    #[derive(Debug, Default, Clone)]
    #[must_use]
    pub struct Control;

    /// These regions fail, by index; the others answer.
    fail_regions: Regions {
        json: "failRegions",
        header: "-fail-regions",
        null: Clears,
        counts_for: [Calls, Signalling],
    }

    /// How a region fails, in any case: `status` (default), `drop`, `delay`, and **beyond** the
    /// reference `reset`, `hang`, `truncate`, `garbage` or `drip`.
    fail_mode: FailMode {
        json: "failMode",
        header: "-fail-mode",
        otherwise: "status is used",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls, Signalling],
    }

    /// The HTTP status of a failure; 503 by default.
    fail_status: Status {
        json: "failStatus",
        header: "-fail-status",
        otherwise: "503 is used",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls, Signalling],
    }

    /// The Twirp code of a failure; by default the one that goes with the status.
    fail_twirp_code: Text {
        json: "failTwirpCode",
        header: "-fail-twirp-code",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls],
    }

    /// The message of a failure: Twirp's `msg`. **Beyond** the reference.
    fail_message: Text {
        json: "failMessage",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls, Signalling],
    }

    /// What a failure says beside its message: Twirp's `meta`. **Beyond** the reference.
    fail_meta: Strings {
        json: "failMeta",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls],
    }

    /// Headers of a failure, at most 32, such as `Retry-After`. **Beyond** the reference.
    fail_headers: Headers {
        json: "failHeaders",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls, Signalling],
    }

    /// The body of a failure, in place of a Twirp error. **Beyond** the reference.
    fail_body: Text {
        json: "failBody",
        needs: ["failRegions", "failTimes", "failRate"],
        counts_for: [Calls, Signalling],
    }

    /// The `Content-Type` of `failBody`; by default HTML where that begins with `<`, else plain text.
    /// **Beyond** the reference.
    fail_content_type: ContentType {
        json: "failContentType",
        needs: ["failBody"],
        counts_for: [Calls, Signalling],
    }

    /// Milliseconds over which a body drips in mode `drip`; 10000 by default. **Beyond** the reference.
    drip_ms: Milliseconds {
        json: "dripMs",
        counts_for: [Calls, Discovery],
    }

    /// At most so many tries of one call fail, over all regions; then it is answered. Without
    /// `failRegions`, every region fails. **Beyond** the reference.
    fail_times: Times {
        json: "failTimes",
        counts_for: [Calls, Signalling],
    }

    /// The share of tries that fail, from 0 to 1. Without `failRegions`, it is for every region.
    /// **Beyond** the reference.
    fail_rate: Share {
        json: "failRate",
        counts_for: [Calls, Signalling],
    }

    /// What `failRate` and `delayJitterMs` are drawn from; 0 by default. **Beyond** the reference.
    seed: Seed {
        json: "seed",
        needs: ["failRate", "delayJitterMs"],
        counts_for: [Calls, Signalling],
    }

    /// The id of the call, or of the test, where the client sends no `X-Livekit-Request-Id`.
    /// **Beyond** the reference.
    key: Text {
        json: "key",
        counts_for: [Calls, Signalling],
    }

    /// Milliseconds to wait before success or failure.
    delay_ms: Milliseconds {
        json: "delayMs",
        null: Clears,
        counts_for: [Calls, Signalling],
    }

    /// Up to so many milliseconds more to wait, drawn as `failRate` is. **Beyond** the reference.
    delay_jitter_ms: Milliseconds {
        json: "delayJitterMs",
        counts_for: [Calls, Signalling],
    }

    /// Milliseconds that fail mode `delay` waits before it fails; 30000 by default.
    ///
    /// This travels as a header of its own, `X-Lk-Mock-Delay-Ms`: send all of
    /// [`headers`](Control::headers). An API key or `lk.mock` can't hold it.
    fail_delay_ms: FailDelay {
        header: "-delay-ms",
        otherwise: "30000 is used",
        counts_for: [Calls],
    }

    /// The HTTP status of `/settings/regions`; 200 by default.
    regions_status: Status {
        json: "regionsStatus",
        header: "-regions-status",
        otherwise: "the list is answered",
        counts_for: [Discovery],
    }

    /// How `/settings/regions` fails: `status`, which needs `regionsStatus`, `drop`, `delay`, `reset`,
    /// `hang`, `truncate`, `garbage` or `drip`. **Beyond** the reference.
    regions_mode: FailMode {
        json: "regionsMode",
        otherwise: "status is used",
        counts_for: [Discovery],
    }

    /// The answer, as protojson of the method's response message.
    response: Message {
        json: "response",
        header: "-response",
        null: Counts,
        counts_for: [Calls],
    }

    /// Whether the answer also holds a field that no schema has yet: number 18000, or `futureField`
    /// in JSON. **Beyond** the reference.
    future_field: Flag {
        json: "futureField",
        counts_for: [Calls],
    }

    /// Whether this request needs no authorization.
    skip_auth: Flag {
        json: "skipAuth",
        header: "-skip-auth",
        counts_for: [Calls],
    }

    /// How this request is authorized, whatever the server's own setting: `strict`, `lenient` or
    /// `off`. **Beyond** the reference.
    auth: Auth {
        json: "auth",
        counts_for: [Calls],
    }

    /// Whether mistakes are refused, whatever the server's own setting. **Beyond** the reference.
    strict: Flag {
        json: "strict",
        counts_for: [Calls, Discovery, Signalling],
    }

    /// `CreateSIPParticipant` or `TransferSIPParticipant` fails with this SIP status.
    sip_status: SipStatus {
        json: "sipStatus",
        null: Clears,
        counts_for: [Calls],
    }

    /// `TransferSIPParticipant` fails for this reason. **Beyond** the reference.
    sip_transfer: SipTransfer {
        json: "sipTransfer",
        counts_for: [Calls],
    }

    /// Only the regions of these names, such as `region-0`, answer.
    pinned_regions: Texts {
        json: "pinnedRegions",
        null: Clears,
        counts_for: [Calls, Discovery, Signalling],
    }

    /// The URLs, by region index, that `/settings/regions` lists. **Beyond** the reference.
    advertise: Texts {
        json: "advertise",
        counts_for: [Discovery],
    }

    /// The scenario, by its name, such as `no_pong`.
    signal: Scenario {
        json: "signal",
        counts_for: [Signalling],
    }

    /// What a `leave` of the server asks of the client: `DISCONNECT` (default), `RESUME` or
    /// `RECONNECT`.
    leave_action: LeaveAction {
        json: "leaveAction",
        counts_for: [Signalling],
    }

    /// A scenario of one's own. **Beyond** the reference.
    script: Script {
        json: "script",
        counts_for: [Signalling],
    }

    /// Whether there is a `/rtc/v1`, as on servers since 2025. **Beyond** the reference.
    v1: Flag {
        json: "v1",
        counts_for: [Signalling],
    }

    /// Whether an offer of a peer connection is answered, so that a room connects. **Beyond** the
    /// reference.
    rtc: Flag {
        json: "rtc",
        counts_for: [Signalling],
    }

    /// The protocol that the server says it has: 15 (default), or another up to 18, with which
    /// newer clients open their data channels without a word. **Beyond** the reference.
    protocol: ServerProtocol {
        json: "protocol",
        counts_for: [Signalling],
    }
}
