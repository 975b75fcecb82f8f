//! Links to blobs: `?sv=…&sr=b&sig=…&st=…&se=…&sp=r`, in the shape of classic's *SasBlobToken*. Whoever has
//! one can read this one blob until it expires, and nothing else.

use super::Address;
use super::name::encoded;
use crate::clock::{Micros, SECOND};
use crate::keys::derive;
use crate::keys::secrets::Pepper;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// How long a link works.
pub const VALID: Micros = 24 * 3600 * SECOND;
/// Clocks of two machines may differ by so much.
const SKEW: Micros = 300 * SECOND;
/// The version of the shape: the storage's of classic's last years.
const VERSION: &str = "2015-02-21";

/// The token of a link that works from now on for [`VALID`]. Begins with its question mark.
pub fn token(pepper: &Pepper, blob: &Address, now: Micros) -> String {
    let (from, until) = (moment(now - SKEW), moment(now + VALID));
    let signature = STANDARD.encode(signature(pepper, blob, &from, &until));
    format!(
        "?sv={VERSION}&sr=b&sig={}&st={}&se={}&sp=r",
        encoded(&signature, false),
        encoded(&from, false),
        encoded(&until, false)
    )
}

/// Whether these parameters of a query, decoded, open this blob now.
pub fn opens(pepper: &Pepper, blob: &Address, query: &[(String, String)], now: Micros) -> bool {
    let value = |name: &str| {
        let mut found = query.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.as_str()),
            _ => None,
        }
    };
    let (Some(from), Some(until), Some(sent)) = (value("st"), value("se"), value("sig")) else {
        return false;
    };
    let known =
        value("sv") == Some(VERSION) && value("sr") == Some("b") && value("sp") == Some("r");
    let Ok(sent) = STANDARD.decode(sent) else {
        return false;
    };
    let fits: bool = signature(pepper, blob, from, until).ct_eq(&sent[..]).into();
    let parse = |text: &str| {
        let at = text.parse::<jiff::Timestamp>().ok()?;
        Some(at.as_microsecond())
    };
    // Signed, so both are as they were written.
    let now_within = parse(from)
        .zip(parse(until))
        .is_some_and(|(a, b)| a <= now && now < b);
    known && fits && now_within
}

fn signature(pepper: &Pepper, blob: &Address, from: &str, until: &str) -> [u8; 32] {
    let secret = derive::derive(pepper, "blob link", blob.endpoint.as_str());
    let (container, name) = (&blob.name.container, &blob.name.name);
    // No part holds a line break, so no two links have the same text.
    derive::sign(
        &secret,
        &format!("{VERSION}\nb\nr\n{from}\n{until}\n{container}\n{name}"),
    )
}

fn moment(micros: Micros) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map(|at| format!("{at:.0}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::name::{BlobName, decoded};
    use super::*;
    use portico_api::id::EndpointId;

    const NOW: Micros = 1_795_000_000_000_000;

    fn blob(endpoint: u8, text: &str) -> Address {
        Address {
            endpoint: EndpointId::from_bytes([endpoint; 16]),
            name: BlobName::parse(text).unwrap(),
        }
    }

    fn pairs(token: &str) -> Vec<(String, String)> {
        let query = token.strip_prefix('?').unwrap();
        query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), decoded(value).unwrap()))
            .collect()
    }

    #[test]
    fn a_link_opens_its_blob_for_a_day_and_nothing_else() {
        let pepper = Pepper::new([1; 32]);
        let (here, name) = (blob(1, "data/a.csv"), "data/a.csv");
        let query = pairs(&token(&pepper, &here, NOW));
        let names: Vec<_> = query.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["sv", "sr", "sig", "st", "se", "sp"]);
        assert!(opens(&pepper, &here, &query, NOW));
        assert!(opens(&pepper, &here, &query, NOW + VALID - SECOND));
        assert!(!opens(&pepper, &here, &query, NOW + VALID));
        assert!(!opens(&pepper, &here, &query, NOW - SKEW - SECOND));
        assert!(!opens(&pepper, &blob(2, name), &query, NOW));
        assert!(!opens(&pepper, &blob(1, "data/b.csv"), &query, NOW));
        assert!(!opens(&Pepper::new([2; 32]), &here, &query, NOW));
    }

    #[test]
    fn a_changed_link_opens_nothing() {
        let pepper = Pepper::new([1; 32]);
        let here = blob(1, "data/a.csv");
        let query = pairs(&token(&pepper, &here, NOW));
        for at in 0..query.len() {
            let mut changed = query.clone();
            changed[at].1.push('1');
            assert!(!opens(&pepper, &here, &changed, NOW), "{}", changed[at].0);
            let mut gone = query.clone();
            gone.remove(at);
            assert!(!opens(&pepper, &here, &gone, NOW));
            let mut twice = query.clone();
            twice.push(query[at].clone());
            assert!(!opens(&pepper, &here, &twice, NOW));
        }
    }
}
