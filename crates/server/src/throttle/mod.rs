//! The gates of all endpoints in this process, and what the process takes on in all (`load`). The rule of one gate stands in
//! `portico_domain::throttle`; this finds it by endpoint and puts changed limits in force.
//!
//! Must not know where limits come from, nor what a call is.

pub mod load;

use portico_api::id::EndpointId;
use portico_domain::throttle::Gate;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// One gate per endpoint, made when the endpoint is first called.
#[derive(Debug, Default)]
pub struct Gates(RwLock<HashMap<EndpointId, Arc<Gate>>>);

impl Gates {
    /// No gates yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gate of this endpoint, with this limit in force. The limit may differ from call to call: a
    /// changed one holds from here on, for calls that wait at the same gate too.
    pub fn gate(&self, endpoint: &EndpointId, limit: u32) -> Arc<Gate> {
        let gate = match self.find(endpoint) {
            Some(gate) => gate,
            None => {
                // A panic can't leave the map half-changed, so a poisoned lock is still sound.
                let mut gates = self.0.write().unwrap_or_else(PoisonError::into_inner);
                let gate = gates
                    .entry(endpoint.clone())
                    .or_insert_with(|| Arc::new(Gate::new(limit)));
                Arc::clone(gate)
            }
        };
        if gate.limit() != limit {
            gate.set_limit(limit);
        }
        gate
    }

    /// The limit that is enforced for this endpoint; `None` as long as nobody has called it.
    pub fn limit_in_force(&self, endpoint: &EndpointId) -> Option<u32> {
        self.find(endpoint).map(|gate| gate.limit())
    }

    /// How many calls of this endpoint could start now; `None` as long as nobody has called it.
    pub fn free(&self, endpoint: &EndpointId) -> Option<u32> {
        self.find(endpoint).map(|gate| gate.free())
    }

    fn find(&self, endpoint: &EndpointId) -> Option<Arc<Gate>> {
        let gates = self.0.read().unwrap_or_else(PoisonError::into_inner);
        gates.get(endpoint).map(Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_domain::throttle::Share;

    fn endpoint(byte: u8) -> EndpointId {
        EndpointId::from_bytes([byte; 16])
    }

    #[test]
    fn endpoints_have_gates_of_their_own() {
        let gates = Gates::new();
        assert_eq!(gates.limit_in_force(&endpoint(1)), None);
        assert_eq!(gates.free(&endpoint(1)), None);
        let _held = gates.gate(&endpoint(1), 1).try_admit(Share::Full).unwrap();
        assert!(gates.gate(&endpoint(1), 1).try_admit(Share::Full).is_err());
        assert!(gates.gate(&endpoint(2), 1).try_admit(Share::Full).is_ok());
        assert_eq!(gates.free(&endpoint(1)), Some(0));
    }

    #[test]
    fn a_changed_limit_holds_at_once() {
        let gates = Gates::new();
        let gate = gates.gate(&endpoint(1), 1);
        let _held = gate.try_admit(Share::Full).unwrap();
        assert!(gates.gate(&endpoint(1), 2).try_admit(Share::Full).is_ok());
        assert_eq!(gates.limit_in_force(&endpoint(1)), Some(2));
        gates.gate(&endpoint(1), 1);
        assert_eq!(gate.try_admit(Share::Full).unwrap_err().limit, 1);
    }

    #[test]
    fn first_calls_at_the_same_time_meet_at_one_gate() {
        for _ in 0..50 {
            let gates = Gates::new();
            let permits: Vec<_> = std::thread::scope(|scope| {
                let calls: Vec<_> = (0..8)
                    .map(|_| {
                        scope.spawn(|| gates.gate(&endpoint(1), 3).try_admit(Share::Full).ok())
                    })
                    .collect();
                calls.into_iter().map(|call| call.join().unwrap()).collect()
            });
            assert_eq!(permits.iter().flatten().count(), 3);
        }
    }
}
