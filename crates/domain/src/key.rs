//! The text of a key: `portico_<tag>_<id: 11>_<secret: 43><checksum: 6>`, all in base 62.
//!
//! The tag says which slot and generation a key belongs to (`p3`, `s1` for an endpoint, `wp1`, `ws1`
//! for a workspace token), the id is what it is found by, and the checksum (CRC-32 over everything
//! before it) refuses a mistyped paste before anything is looked up.
//!
//! Must not know how keys are stored, sealed or verified.

use crate::base62;
use portico_api::key::KeySlot;
use zeroize::Zeroizing;

/// What every key begins with.
pub const PREFIX: &str = "portico_";
const ID_WIDTH: usize = 11;
const SECRET_WIDTH: usize = 43;
const CHECKSUM_WIDTH: usize = 6;
/// What follows the tag: `_`, id, `_`, secret, checksum.
const TAIL_WIDTH: usize = 1 + ID_WIDTH + 1 + SECRET_WIDTH + CHECKSUM_WIDTH;

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// One endpoint.
    Endpoint,
    /// A workspace: the token of scripts and of the command line.
    Workspace,
}

/// Slot and generation of a key, as its text carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyTag {
    /// What the key opens.
    pub owner: KeyOwner,
    /// Its slot.
    pub slot: KeySlot,
    /// Its generation, from 1 on.
    pub generation: u32,
}

impl KeyTag {
    fn parse(text: &str) -> Option<Self> {
        let (owner, text) = match text.strip_prefix('w') {
            Some(rest) => (KeyOwner::Workspace, rest),
            None => (KeyOwner::Endpoint, text),
        };
        let (slot, digits) = match text.strip_prefix('p') {
            Some(rest) => (KeySlot::Primary, rest),
            None => (KeySlot::Secondary, text.strip_prefix('s')?),
        };
        // One text for one number: neither a sign nor a leading zero.
        let canonical = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        let generation = canonical.then(|| digits.parse().ok()).flatten()?;
        Some(Self {
            owner,
            slot,
            generation,
        })
    }
}

impl std::fmt::Display for KeyTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let owner = match self.owner {
            KeyOwner::Endpoint => "",
            KeyOwner::Workspace => "w",
        };
        let slot = match self.slot {
            KeySlot::Primary => 'p',
            KeySlot::Secondary => 's',
        };
        write!(f, "{owner}{slot}{}", self.generation)
    }
}

/// The public part by which a key is found: 11 characters of base 62. No secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; ID_WIDTH]);

impl KeyId {
    /// Reads an id as it is stored. `None` unless it is 11 characters of base 62.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; ID_WIDTH] = text.as_bytes().try_into().ok()?;
        base62::is_base62(&bytes).then_some(Self(bytes))
    }

    /// The 11 characters.
    pub fn as_str(&self) -> &str {
        // Only letters and digits get in, so this is never the default.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a well-formed key says about itself. That it is well-formed does not make it valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedKey {
    /// Slot and generation.
    pub tag: KeyTag,
    /// What it is found by.
    pub id: KeyId,
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextProblem {
    /// It does not begin as a key does.
    #[error("a key begins with portico_")]
    Prefix,
    /// Its parts have the wrong length or hold other characters than letters and digits.
    #[error("the key is incomplete or holds a character that no key has")]
    Shape,
    /// Its checksum is that of another text.
    #[error("the key was mistyped: its checksum does not fit")]
    Checksum,
}

/// A key in clear. It has neither `Debug` nor `Display` nor `Serialize`, and is wiped from memory when
/// dropped.
pub struct PlainKey {
    text: Zeroizing<String>,
    parsed: ParsedKey,
}

impl PlainKey {
    /// Takes a text that is a key, as it was opened from its sealed copy or given on a command line.
    ///
    /// # Errors
    /// As [`parse`]; the text is wiped.
    pub fn read(text: String) -> Result<Self, KeyTextProblem> {
        let text = Zeroizing::new(text);
        let parsed = parse(&text)?;
        Ok(Self { text, parsed })
    }

    /// The whole text. For answers that show a key once, for sealing and for its verifier.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Slot and generation.
    pub fn tag(&self) -> KeyTag {
        self.parsed.tag
    }

    /// What it is found by.
    pub fn id(&self) -> KeyId {
        self.parsed.id
    }

    /// Its last four characters, kept for showing it masked. They belong to the checksum.
    pub fn last4(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }
}

/// Makes a key from fresh entropy: 64 bits for its id, 256 for its secret.
pub fn mint(tag: KeyTag, id_entropy: [u8; 8], secret_entropy: [u8; 32]) -> PlainKey {
    let secret_entropy = Zeroizing::new(secret_entropy);
    let mut id = [0; ID_WIDTH];
    base62::encode(&mut words::<2>(&id_entropy), &mut id);
    let mut secret = Zeroizing::new([0; SECRET_WIDTH]);
    let mut secret_words = Zeroizing::new(words::<8>(&*secret_entropy));
    base62::encode(&mut *secret_words, &mut *secret);

    let tag_text = tag.to_string();
    // Full size at once: a string that grows leaves copies of the secret behind.
    let size = PREFIX.len() + tag_text.len() + TAIL_WIDTH;
    let mut text = Zeroizing::new(String::with_capacity(size));
    text.push_str(PREFIX);
    text.push_str(&tag_text);
    text.push('_');
    text.extend(id.iter().copied().map(char::from));
    text.push('_');
    text.extend(secret.iter().copied().map(char::from));
    let sum = checksum(text.as_bytes());
    text.extend(sum.iter().copied().map(char::from));
    PlainKey {
        text,
        parsed: ParsedKey { tag, id: KeyId(id) },
    }
}

/// Reads shape, tag, id and checksum of a key, without allocating.
///
/// # Errors
/// [`KeyTextProblem`]: any single character changed and any truncation is found.
pub fn parse(text: &str) -> Result<ParsedKey, KeyTextProblem> {
    let rest = text.strip_prefix(PREFIX).ok_or(KeyTextProblem::Prefix)?;
    let tag_end = rest
        .len()
        .checked_sub(TAIL_WIDTH)
        .ok_or(KeyTextProblem::Shape)?;
    let (tag, tail) = rest
        .split_at_checked(tag_end)
        .ok_or(KeyTextProblem::Shape)?;
    let tag = KeyTag::parse(tag).ok_or(KeyTextProblem::Shape)?;
    let (id, secret) = tail
        .strip_prefix('_')
        .and_then(|tail| tail.split_once('_'))
        .ok_or(KeyTextProblem::Shape)?;
    let id = KeyId::parse(id).ok_or(KeyTextProblem::Shape)?;
    if !base62::is_base62(secret.as_bytes()) {
        return Err(KeyTextProblem::Shape);
    }
    let (covered, sum) = text.as_bytes().split_at(text.len() - CHECKSUM_WIDTH);
    if checksum(covered) == sum {
        Ok(ParsedKey { tag, id })
    } else {
        Err(KeyTextProblem::Checksum)
    }
}

/// A key as it is listed: its prefix, twelve dots, its last four characters.
pub fn masked(tag: KeyTag, last4: &str) -> String {
    format!("{PREFIX}{tag}_••••••••••••{last4}")
}

/// CRC-32 (IEEE) in six digits.
fn checksum(covered: &[u8]) -> [u8; CHECKSUM_WIDTH] {
    let mut out = [0; CHECKSUM_WIDTH];
    base62::encode(&mut [crc32fast::hash(covered)], &mut out);
    out
}

/// Big-endian words of a number given as bytes.
fn words<const WORDS: usize>(bytes: &[u8]) -> [u32; WORDS] {
    let mut out = [0; WORDS];
    for (word, part) in out.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = part
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(owner: KeyOwner, slot: KeySlot, generation: u32) -> KeyTag {
        KeyTag {
            owner,
            slot,
            generation,
        }
    }

    fn tags() -> impl Strategy<Value = KeyTag> {
        (any::<bool>(), any::<bool>(), 1..=u32::MAX).prop_map(|(workspace, second, generation)| {
            tag(
                if workspace {
                    KeyOwner::Workspace
                } else {
                    KeyOwner::Endpoint
                },
                KeySlot::ALL[usize::from(second)],
                generation,
            )
        })
    }

    #[test]
    fn the_text_has_its_published_form() {
        let key = mint(
            tag(KeyOwner::Endpoint, KeySlot::Primary, 3),
            [0; 8],
            [0xff; 32],
        );
        let text = key.expose();
        assert_eq!(text.len(), "portico_p3_".len() + 11 + 1 + 43 + 6);
        assert!(text.starts_with("portico_p3_00000000000_"), "{text}");
        assert_eq!(key.id().as_str(), "00000000000");
        assert_eq!(
            masked(key.tag(), key.last4()),
            format!("portico_p3_••••••••••••{}", &text[text.len() - 4..])
        );
        let token = mint(
            tag(KeyOwner::Workspace, KeySlot::Secondary, 1),
            [1; 8],
            [2; 32],
        );
        assert!(token.expose().starts_with("portico_ws1_"));
    }

    #[test]
    fn each_problem_has_its_name() {
        let key = mint(
            tag(KeyOwner::Endpoint, KeySlot::Primary, 1),
            [7; 8],
            [9; 32],
        );
        let text = key.expose();
        let check = |text: &str, problem| assert_eq!(parse(text), Err(problem), "{text}");
        check("", KeyTextProblem::Prefix);
        check("Portico_p1_", KeyTextProblem::Prefix);
        check("portico_p1_", KeyTextProblem::Shape);
        check(&text.replacen("p1", "p0", 1), KeyTextProblem::Shape);
        check(&text.replacen("p1", "p01", 1), KeyTextProblem::Shape);
        check(&text.replacen("p1", "p+1", 1), KeyTextProblem::Shape);
        check(
            &text.replacen("p1", "p4294967296", 1),
            KeyTextProblem::Shape,
        );
        check(&text.replacen("p1", "q1", 1), KeyTextProblem::Shape);
        check(&text.replacen("p1", "s1", 1), KeyTextProblem::Checksum);
        check(&text.replacen("p1", "wp1", 1), KeyTextProblem::Checksum);
        check(&format!("{text} "), KeyTextProblem::Shape);
        check(&"portico_é".repeat(30), KeyTextProblem::Shape);
    }

    proptest! {
        #[test]
        fn minted_keys_are_read_back(tag in tags(), id: [u8; 8], secret: [u8; 32]) {
            let key = mint(tag, id, secret);
            let parsed = parse(key.expose());
            prop_assert_eq!(parsed, Ok(ParsedKey { tag, id: key.id() }));
            prop_assert_eq!(KeyId::parse(key.id().as_str()), Some(key.id()));
            let again = PlainKey::read(key.expose().to_owned());
            prop_assert!(again.is_ok_and(|again| again.expose() == key.expose()));
        }

        #[test]
        fn other_entropy_makes_another_key(a: [u8; 32], b: [u8; 32]) {
            prop_assume!(a != b);
            let tag = tag(KeyOwner::Endpoint, KeySlot::Primary, 1);
            let (a, b) = (mint(tag, [0; 8], a), mint(tag, [0; 8], b));
            prop_assert!(a.expose() != b.expose());
        }

        #[test]
        fn one_changed_character_is_found(
            tag in tags(), id: [u8; 8], secret: [u8; 32], place: prop::sample::Index, other in any::<char>(),
        ) {
            let key = mint(tag, id, secret);
            let place = place.index(key.expose().len());
            let mut chars: Vec<char> = key.expose().chars().collect();
            // Half the time a character that a key could have, else any of Unicode.
            let other = if u32::from(other) % 2 == 0 {
                char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
                    [u32::from(other) as usize / 2 % 63])
            } else { other };
            prop_assume!(chars[place] != other);
            chars[place] = other;
            prop_assert!(parse(&chars.into_iter().collect::<String>()).is_err());
        }

        #[test]
        fn a_cut_key_is_found(tag in tags(), id: [u8; 8], secret: [u8; 32], cut: prop::sample::Index) {
            let key = mint(tag, id, secret);
            let cut = cut.index(key.expose().len());
            prop_assert!(parse(&key.expose()[..cut]).is_err());
            prop_assert!(parse(&key.expose()[cut + 1..]).is_err());
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,120}") {
            let _ = parse(&text);
            let _ = parse(&format!("portico_{text}"));
        }
    }
}
