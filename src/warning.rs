//! Warnings for the client and the log: what the server ignored, or read as something else.

use std::{
    collections::HashMap,
    fmt::{self, Display, Write as _},
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// At most this many warnings go with one answer.
pub(crate) const MAX_WARNINGS: usize = 8;
/// The text of a warning is cut after this many bytes.
const MAX_LENGTH: usize = 300;

/// The warnings about a request, in the order in which their causes were found. Each is one line of
/// printable ASCII, and so fits into a header.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Warnings(Vec<Warning>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Warning {
    text: String,
    /// Whether a strict server refuses the request because of it.
    mistake: bool,
}

impl Warnings {
    /// Adds a mistake, for which a strict server refuses the request.
    pub(crate) fn add(&mut self, sentence: impl Display) {
        self.push(sentence, true);
    }

    /// Adds something that may be right, such as a field of a newer protocol. No server refuses a
    /// request for it.
    pub(crate) fn note(&mut self, sentence: impl Display) {
        self.push(sentence, false);
    }

    fn push(&mut self, sentence: impl Display, mistake: bool) {
        let place = match self.0.len() {
            ..MAX_WARNINGS => self.0.len(),
            // If there is no place left, a mistake replaces a note.
            _ => match self.0.iter().rposition(|warning| mistake && !warning.mistake) {
                Some(note) => note,
                None => return,
            },
        };
        let mut line = Ascii::default();
        // Writing to a string can't fail.
        let _ = write!(line, "{sentence}");
        if place < self.0.len() {
            self.0.remove(place);
        }
        self.0.push(Warning { text: line.text, mistake });
    }

    /// Whether another mistake would be left out, so that it need not be looked for.
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

    /// Asserts what holds for all warnings.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_sound(&self) {
        assert!(self.0.len() <= MAX_WARNINGS);
        for warning in self.iter() {
            assert!(!warning.is_empty() && warning.len() <= MAX_LENGTH + 3, "{warning:?}");
            assert!(warning.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{warning:?}");
        }
    }

    /// All mistakes as one error, for a strict server. It says that the server is strict.
    pub(crate) fn refusal(&self) -> Option<String> {
        let mistakes = self.0.iter().filter(|warning| warning.mistake);
        let mistakes: Vec<&str> = mistakes.map(|warning| warning.text.as_str()).collect();
        (!mistakes.is_empty())
            .then(|| format!("strict refuses what is otherwise a warning: {}", mistakes.join("; ")))
    }
}

/// A text of printable ASCII, up to [`MAX_LENGTH`]. Everything else is escaped.
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

/// Lets the same warning into the log only once a minute, so that a busy test suite does not flood it.
/// It remembers hashes, since a warning and its path may be long.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    hasher: RandomState,
    seen: Mutex<HashMap<u64, Instant>>,
}

impl Throttle {
    const INTERVAL: Duration = Duration::from_secs(60);
    /// If there are more different warnings than this within a minute, all are forgotten at once.
    const MAX_REMEMBERED: usize = 1024;

    /// Whether the warning may be logged now. `warning` is everything in which warnings can differ.
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

/// The longest text that is compared with known words. Longer ones would take much time and memory.
const MAX_WORD: usize = 100;

/// How similar two words must be for one to be a misspelling of the other.
pub(crate) const MIN_SIMILARITY: f64 = 0.6;

/// How similar two words are, from 0 to 1, in any case. 0 if comparing them would take too long.
pub(crate) fn similarity(given: &str, known: &str) -> f64 {
    if given.len() > MAX_WORD {
        return 0.0;
    }
    let (given, known) = (given.to_ascii_lowercase(), known.to_ascii_lowercase());
    strsim::normalized_damerau_levenshtein(&given, &known)
}

/// `, did you mean "x"?` if a known word is similar to the given one; otherwise empty.
pub(crate) fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let similar = known
        .into_iter()
        .map(|word| (similarity(given, word), word))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    similar.map_or(String::new(), |(_, word)| format!(", did you mean \"{word}\"?"))
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
    fn a_mistake_replaces_a_note() {
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
    fn suggests_only_similar_words() {
        let known = ["failRegions", "failMode"];
        assert_eq!(suggestion("failRegion", known), ", did you mean \"failRegions\"?");
        assert_eq!(suggestion("zebra", known), "");
        let long = "x".repeat(MAX_WORD + 1);
        assert_eq!(suggestion(&long, [long.as_str()]), "", "no time is spent on it");
    }
}
