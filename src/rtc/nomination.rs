//! Reads a client's first check of a path as one that nominates it.
//!
//! A browser nominates a path 50 ms after it first checked it, though its DTLS begins at once. `str0m`, which
//! is an ICE-lite agent here, answers that only once the path is nominated: half of the time of a connect.
//! An agent may send on any path that works before one is nominated (RFC 8445, section 12.1).

use str0m::ice::StunMessage;

use super::crypto;

/// The length of what makes a check nominate.
const NOMINATION: usize = 4;

/// The check, if it is a valid one that does not nominate, as one that does.
pub(super) fn nominating(check: &[u8], password: &str) -> Option<Vec<u8>> {
    let message = StunMessage::parse(check).ok()?;
    let password = password.as_bytes();
    if !message.is_binding_request()
        || message.use_candidate()
        || !message.verify(password, crypto::sha1_hmac)
    {
        return None;
    }
    let (name, id, priority) = (message.username()?, message.trans_id(), message.prio()?);
    let check_again =
        StunMessage::binding_request(name, id, true, message.ice_controlling()?, priority, true);
    let mut bytes = vec![0; check.len() + NOMINATION];
    let length = check_again.to_bytes(Some(password), &mut bytes, crypto::sha1_hmac).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use str0m::ice::TransId;

    use super::*;

    const PASSWORD: &str = "a password of ICE";

    fn check(controls: bool, nominates: bool, password: &str) -> Vec<u8> {
        let (name, id) = ("server:client", TransId::new());
        let check = StunMessage::binding_request(name, id, controls, 7, 99, nominates);
        let mut bytes = vec![0; 200];
        let length =
            check.to_bytes(Some(password.as_bytes()), &mut bytes, crypto::sha1_hmac).unwrap();
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn a_check_nominates() {
        let check = check(true, false, PASSWORD);
        let nominating = nominating(&check, PASSWORD).expect("a check that nominates");
        let [before, after] = [&check, &nominating].map(|bytes| StunMessage::parse(bytes).unwrap());
        assert!(!before.use_candidate() && after.use_candidate());
        assert!(after.verify(PASSWORD.as_bytes(), crypto::sha1_hmac));
        assert_eq!(after.trans_id(), before.trans_id());
        assert_eq!(after.username(), before.username());
        assert_eq!(after.prio(), before.prio());
        assert_eq!(after.ice_controlling(), before.ice_controlling());
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for (what, datagram) in [
            ("it nominates", check(true, true, PASSWORD)),
            ("its client does not control", check(false, false, PASSWORD)),
            ("it is a stranger's", check(true, false, "another")),
            ("it is DTLS", b"\x16\xfe\xfd\0\0".to_vec()),
            ("it is cut off", check(true, false, PASSWORD)[..40].to_vec()),
            ("it is nothing", Vec::new()),
        ] {
            assert_eq!(nominating(&datagram, PASSWORD), None, "{what}");
        }
    }
}
