//! Keys as the server keeps them: the secrets on disk, sealed copies for reveal, and verifiers for
//! calls.
//!
//! The text of a key and its life stand in `portico_domain`. Must not know HTTP or SQL; randomness is
//! handed in.

pub mod derive;
pub mod ring;
pub mod seal;
pub mod secrets;
pub mod verify;
