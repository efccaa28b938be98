//! What the server ignored or bent, told to the client and to the log.

use std::{
    collections::HashMap,
    fmt::{self, Display, Write as _},
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// At most this many warnings go with one answer.
pub(crate) const MAX_WARNINGS: usize = 8;
/// A warning longer than this many bytes is cut.
const MAX_LENGTH: usize = 300;

/// Plain ASCII sentences, in the order in which their causes were met; each fits a header line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Warnings(Vec<Warning>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Warning {
    text: String,
    /// Whether the strict server refuses the request for it.
    mistake: bool,
}

impl Warnings {
    /// Something that the client got wrong, which the strict server refuses.
    pub(crate) fn add(&mut self, sentence: impl Display) {
        self.push(sentence, true);
    }

    /// Something worth knowing that may well be right, such as a field of a newer protocol: no
    /// server refuses a request for it.
    pub(crate) fn note(&mut self, sentence: impl Display) {
        self.push(sentence, false);
    }

    fn push(&mut self, sentence: impl Display, mistake: bool) {
        let place = match self.0.len() {
            ..MAX_WARNINGS => self.0.len(),
            // Where all places are taken, a mistake is worth more than a note.
            _ => match self.0.iter().rposition(|warning| mistake && !warning.mistake) {
                Some(note) => note,
                None => return,
            },
        };
        let mut line = Ascii::default();
        // Writing into a string can't fail but for a Display that says so itself.
        let _ = write!(line, "{sentence}");
        if place < self.0.len() {
            self.0.remove(place);
        }
        self.0.push(Warning { text: line.text, mistake });
    }

    /// Whether a further mistake would be left out, so that no time need be spent on it.
    pub(crate) fn is_full(&self) -> bool {
        self.0.iter().filter(|warning| warning.mistake).count() >= MAX_WARNINGS
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|warning| warning.text.as_str())
    }

    /// What holds for them whatever was wrong.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_sound(&self) {
        assert!(self.0.len() <= MAX_WARNINGS);
        for warning in self.iter() {
            assert!(!warning.is_empty() && warning.len() <= MAX_LENGTH + 3, "{warning:?}");
            assert!(warning.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{warning:?}");
        }
    }

    /// All mistakes as the strict server's one error, which also says that it is strictness that refuses.
    pub(crate) fn refusal(&self) -> Option<String> {
        let mistakes = self.0.iter().filter(|warning| warning.mistake);
        let mistakes: Vec<&str> = mistakes.map(|warning| warning.text.as_str()).collect();
        (!mistakes.is_empty())
            .then(|| format!("strict refuses what is otherwise a warning: {}", mistakes.join("; ")))
    }
}

/// Keeps printable ASCII and escapes the rest, up to [`MAX_LENGTH`].
#[derive(Default)]
struct Ascii {
    text: String,
    cut: bool,
}

impl fmt::Write for Ascii {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.cut {
                break;
            }
            let before = self.text.len();
            match character {
                ' '..='~' => self.text.push(character),
                _ => self.text.extend(character.escape_default()),
            }
            if self.text.len() > MAX_LENGTH {
                self.text.truncate(before);
                self.text.push_str("...");
                self.cut = true;
            }
        }
        Ok(())
    }
}

/// Lets one and the same warning into the log once a minute, so that a busy suite does not flood it.
/// What it remembers of them are hashes: a warning, or the route that it is about, may be long.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    hasher: RandomState,
    seen: Mutex<HashMap<u64, Instant>>,
}

impl Throttle {
    const INTERVAL: Duration = Duration::from_secs(60);
    /// Beyond this many different warnings within a minute, the oldest are forgotten all at once.
    const MAX_REMEMBERED: usize = 1024;

    /// Whether the warning is due, now; all that tells it from others counts.
    pub(crate) fn admits(&self, warning: &impl Hash, now: Instant) -> bool {
        let warning = self.hasher.hash_one(warning);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.get(&warning).is_some_and(|last| now.duration_since(*last) < Self::INTERVAL) {
            return false;
        }
        if seen.len() >= Self::MAX_REMEMBERED {
            seen.retain(|_, last| now.duration_since(*last) < Self::INTERVAL);
            if seen.len() >= Self::MAX_REMEMBERED {
                seen.clear();
            }
        }
        seen.insert(warning, now);
        true
    }
}

/// The longest text that may be a mistyped word: comparing takes time and memory by its length.
const MAX_WORD: usize = 100;

/// How alike two words must be for the one to be a slip of the other.
pub(crate) const NEAR: f64 = 0.6;

/// How alike two words are, from 0 to 1, whatever their case; 0 where comparing would take long.
pub(crate) fn similarity(given: &str, known: &str) -> f64 {
    if given.len() > MAX_WORD {
        return 0.0;
    }
    let (given, known) = (given.to_ascii_lowercase(), known.to_ascii_lowercase());
    strsim::normalized_damerau_levenshtein(&given, &known)
}

/// `, did you mean "x"?` where a known word is close to the given one, else nothing.
pub(crate) fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known
        .into_iter()
        .map(|word| (similarity(given, word), word))
        .filter(|(similarity, _)| *similarity >= NEAR)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    near.map_or(String::new(), |(_, word)| format!(", did you mean \"{word}\"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_to_one_line_of_ascii() {
        let mut warnings = Warnings::default();
        warnings.add("a\r\nb \u{e9} \u{1f600}");
        assert_eq!(warnings.iter().collect::<Vec<_>>(), [r"a\r\nb \u{e9} \u{1f600}"]);
    }

    #[test]
    fn a_mistake_is_told_whatever_notes_came_before_it() {
        let mut warnings = Warnings::default();
        for number in 0..MAX_WARNINGS {
            warnings.note(format_args!("note {number}"));
        }
        assert!(!warnings.is_full() && warnings.refusal().is_none());
        warnings.add("mistake 1");
        warnings.add("mistake 2");
        warnings.note("one note too many");
        let said: Vec<&str> = warnings.iter().collect();
        assert_eq!(said[5..], ["note 5", "mistake 1", "mistake 2"]);
        assert_eq!(said.len(), MAX_WARNINGS);
        assert!(
            warnings.refusal().is_some_and(|refusal| refusal.ends_with("mistake 1; mistake 2"))
        );
    }

    #[test]
    fn cuts_what_is_long_and_counts_to_eight() {
        let mut warnings = Warnings::default();
        for _ in 0..20 {
            warnings.add("x".repeat(10_000));
        }
        assert_eq!(warnings.iter().count(), MAX_WARNINGS);
        assert!(warnings.iter().all(|text| text.len() == MAX_LENGTH + 3 && text.ends_with("...")));
    }

    #[test]
    fn cuts_before_an_escape_that_does_not_fit() {
        let mut warnings = Warnings::default();
        warnings.add(format_args!("{}{}{}", "x".repeat(MAX_LENGTH - 1), '\u{1f600}', "y"));
        assert_eq!(warnings.iter().next(), Some(&*("x".repeat(MAX_LENGTH - 1) + "...")));
    }

    #[test]
    fn repeats_a_warning_after_a_minute() {
        let throttle = Throttle::default();
        let start = Instant::now();
        assert!(throttle.admits(&"a", start));
        assert!(!throttle.admits(&"a", start + Duration::from_secs(59)));
        assert!(throttle.admits(&"b", start + Duration::from_secs(59)));
        assert!(throttle.admits(&"a", start + Duration::from_secs(60)));
    }

    #[test]
    fn remembers_a_bounded_number() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for number in 0..5000_u32 {
            assert!(throttle.admits(&number, now));
        }
        assert!(throttle.seen.lock().unwrap().len() <= Throttle::MAX_REMEMBERED);
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["failRegions", "failMode"];
        assert_eq!(suggestion("failRegion", known), ", did you mean \"failRegions\"?");
        assert_eq!(suggestion("zebra", known), "");
        let long = "x".repeat(MAX_WORD + 1);
        assert_eq!(suggestion(&long, [long.as_str()]), "", "no time is spent on it");
    }
}
