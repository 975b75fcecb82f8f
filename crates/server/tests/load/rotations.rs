//! A thousand rotations under five hundred calls a second. Each call is judged by when it was sent and
//! answered, against when the change was: while a change was on its way either answer is right, before
//! and after it exactly one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{
    http::{Answer, Client, request},
    server::{Endpoint, Server, note},
};

const ROTATIONS: usize = 1_000;
/// A rotation is begun this often at most.
const ROTATE_EVERY: Duration = Duration::from_millis(55);
const CALLERS: usize = 40;
const CALLS_A_SECOND: u32 = 500;
const LONGEST: Duration = Duration::from_secs(120);
/// An ended key is tried by these many of a hundred calls, one in its grace by these.
const ENDED: usize = 20;
const OLD: usize = 30;

/// When a change was asked for, and when its answer was there.
#[derive(Clone, Copy)]
struct During {
    asked: Instant,
    answered: Option<Instant>,
}

/// A generation of the key: from when it is accepted, and until when.
struct Life {
    call: Arc<[u8]>,
    born: Instant,
    ended: Option<During>,
}

struct Made {
    generation: usize,
    sent: Instant,
    answered: Instant,
    accepted: bool,
}

/// All generations, the newest last.
type Lives = Arc<Mutex<Vec<Life>>>;

/// Marsaglia's xorshift.
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % end
    }
}

/// Which generation a call is made with: the newest, one that may be in its grace, one that is over.
fn choose(lives: &[Life], dice: &mut Dice) -> usize {
    let newest = lives.len() - 1;
    let back = match dice.below(100) {
        roll if roll < ENDED => 2 + dice.below(20),
        roll if roll < ENDED + OLD => 1,
        _ => 0,
    };
    newest.saturating_sub(back)
}

async fn caller(
    server: std::net::SocketAddr,
    lives: Lives,
    stop: Arc<AtomicBool>,
    mut dice: Dice,
) -> Vec<Made> {
    let (mut client, mut made) = (Client::new(server), Vec::new());
    let every = Duration::from_secs(1) * u32::try_from(CALLERS).unwrap() / CALLS_A_SECOND;
    sleep(every * u32::try_from(dice.below(100)).unwrap() / 100).await;
    let mut ticks = interval(every);
    // What is late is made up for, so that the rate holds.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let (generation, call) = {
            let lives = lives.lock().unwrap();
            let generation = choose(&lives, &mut dice);
            (generation, Arc::clone(&lives[generation].call))
        };
        let sent = Instant::now();
        let answer = client.send(&call).await.unwrap();
        assert!([200, 401].contains(&answer.status), "{}", answer.text());
        made.push(Made {
            generation,
            sent,
            answered: Instant::now(),
            accepted: answer.status == 200,
        });
    }
    made
}

/// A signed-in person whose sign-in is fresh, as rotating wants it.
struct Person {
    client: Client,
    cookie: String,
}

impl Person {
    async fn sign_in(server: &Server) -> Self {
        let accounts = server.demo["accounts"].as_array().unwrap();
        let owner = accounts.iter().find(|a| a["role"] == "owner").unwrap();
        let body = json!({"email": owner["email"], "password": owner["password"]}).to_string();
        let answer = server
            .send(&request("POST", "/api/v1/session", &[], &body))
            .await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap();
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            client: Client::new(server.address),
        }
    }

    async fn act(&mut self, path: &str, body: &Value) -> Answer {
        let headers = [
            ("Cookie", self.cookie.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let request = request("POST", path, &headers, &body.to_string());
        let answer = self.client.send(&request).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer
    }
}

/// Says that a change is on its way which ends every generation before `end` that lives.
fn ending(lives: &Lives, end: usize, asked: Instant) -> Vec<usize> {
    let mut lives = lives.lock().unwrap();
    let mut ended = Vec::new();
    for (generation, life) in lives.iter_mut().enumerate().take(end) {
        if life.ended.is_none() {
            life.ended = Some(During {
                asked,
                answered: None,
            });
            ended.push(generation);
        }
    }
    ended
}

fn ended(lives: &Lives, generations: &[usize], answered: Instant) {
    let mut lives = lives.lock().unwrap();
    for generation in generations {
        let during = lives[*generation].ended.as_mut().unwrap();
        during.answered = Some(answered);
    }
}

/// Rotates the slot: every third time without grace, else with one that is ended by hand or by the next
/// rotation. Whether each did what was asked for is seen by the calls.
async fn rotate_all(server: &Server, endpoint: &Endpoint, lives: &Lives) {
    let mut person = Person::sign_in(server).await;
    let rotate = format!("{}/keys/primary/rotate", endpoint.api);
    let end = format!("{}/keys/primary/end-grace", endpoint.api);
    let mut ticks = interval(ROTATE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0..ROTATIONS {
        ticks.tick().await;
        let newest = lives.lock().unwrap().len() - 1;
        let with_grace = number % 3 != 0;
        let grace = if with_grace { 3_600 } else { 0 };
        // One that is still in its grace ends with this; without grace the newest does too.
        let until = if with_grace { newest } else { newest + 1 };
        let dying = ending(lives, until, Instant::now());
        let answer = person.act(&rotate, &json!({"grace_seconds": grace})).await;
        let answered = Instant::now();
        ended(lives, &dying, answered);
        let key = answer.json()["value"].as_str().unwrap().to_owned();
        lives.lock().unwrap().push(Life {
            call: endpoint.with_key(&key).call_matrix().into(),
            born: answered,
            ended: None,
        });
        if number % 3 == 1 {
            sleep(ROTATE_EVERY / 3).await;
            let dying = ending(lives, newest + 1, Instant::now());
            person.act(&end, &json!({})).await;
            ended(lives, &dying, Instant::now());
        }
    }
}

/// How a call must have ended; none while a change was on its way.
fn verdict(life: &Life, call: &Made) -> Option<bool> {
    assert!(
        call.sent >= life.born,
        "a key is not called before it is known"
    );
    match life.ended {
        None => Some(true),
        Some(during) if call.answered <= during.asked => Some(true),
        Some(during) if during.answered.is_some_and(|at| call.sent >= at) => Some(false),
        Some(_) => None,
    }
}

#[tokio::test]
async fn no_key_is_refused_within_its_grace_and_none_accepted_after_it() {
    let server = Server::start(Duration::from_secs(20)).await;
    let endpoint = server.endpoint("matrix", 200).await;
    let lives: Lives = Arc::new(Mutex::new(vec![Life {
        call: endpoint.call_matrix().into(),
        born: Instant::now(),
        ended: None,
    }]));
    let stop = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let callers: Vec<_> = (1..=u32::try_from(CALLERS).unwrap())
        .map(|number| {
            let dice = Dice(number.wrapping_mul(0x9E37_79B9));
            let (lives, stop) = (Arc::clone(&lives), Arc::clone(&stop));
            tokio::spawn(caller(server.address, lives, stop, dice))
        })
        .collect();
    rotate_all(&server, &endpoint, &lives).await;
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let calls: Vec<Made> = join_all(callers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();

    let lives = lives.lock().unwrap();
    let mut counts: HashMap<&str, u32> = HashMap::new();
    let mut wrong = Vec::new();
    for call in &calls {
        let life = &lives[call.generation];
        let newer = lives.get(call.generation + 1).map(|next| next.born);
        let name = match verdict(life, call) {
            Some(due) if due != call.accepted => {
                wrong.push((call.generation, due, call.sent - began));
                "wrong"
            }
            Some(false) => "refused after its end",
            Some(true) if newer.is_some_and(|at| call.sent >= at) => "accepted in its grace",
            Some(true) => "accepted as the newest",
            None => "while it ended",
        };
        *counts.entry(name).or_default() += 1;
    }
    let rate = calls.len() as f64 / took.as_secs_f64();
    let mut figures: Vec<_> = counts.iter().collect();
    figures.sort();
    note(&format!(
        "{ROTATIONS} rotations in {took:.1?} under {rate:.0} calls a second: {figures:?}"
    ));
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(took < LONGEST, "{took:?}");
    assert!(
        rate >= f64::from(CALLS_A_SECOND) * 0.95,
        "{rate:.0} calls a second"
    );
    for name in [
        "refused after its end",
        "accepted in its grace",
        "accepted as the newest",
    ] {
        assert!(
            counts.get(name).is_some_and(|count| *count >= 1_000),
            "{counts:?}"
        );
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
