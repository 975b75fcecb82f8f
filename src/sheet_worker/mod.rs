//! The worker's parts. A request is carried out by the desk at once; what takes a file, the network or
//! time is a task of its own, which gives way to requests between two pieces.

mod outbox;
mod reading;
mod saving;
mod scope;
mod scoring;

use outbox::{post, refuse};
use portico_tabular::desk::Desk;
use portico_tabular::html;
use portico_tabular::protocol::{Asked, How, Reply, Request, SourceFacts, Start};
use reading::Origin;
use scope::{Extra, now_ms};
use scoring::Calls;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The least time between two reports of how things stand, in milliseconds.
const REPORT_EVERY_MS: f64 = 100.0;

/// What the worker holds.
struct Shop {
    desk: RefCell<Desk>,
    /// What was read, to read it again in another way.
    origin: RefCell<Option<Origin>>,
    /// The number of the task that has the desk; an older one stops when it sees another.
    task: Cell<u32>,
    calls: Calls,
    reported: Cell<f64>,
}

impl Shop {
    /// Makes this task the one that counts.
    fn take_over(&self) -> u32 {
        self.task.set(self.task.get().wrapping_add(1));
        self.task.get()
    }

    /// Says how things stand, at once.
    fn report(&self) {
        self.reported.set(now_ms());
        let state = self.desk.borrow().state(now_ms());
        post(&Reply::State(Box::new(state)));
    }

    /// Says how things stand, if that was long enough ago.
    fn report_sometimes(&self) {
        if now_ms() - self.reported.get() >= REPORT_EVERY_MS {
            self.report();
        }
    }
}

/// Listens for requests, and says that it does.
pub fn serve() {
    let shop: Rc<RefCell<Option<Rc<Shop>>>> = Rc::default();
    scope::listen(move |request, extra| {
        if let Request::Start(start) = &request {
            *shop.borrow_mut() = Some(Rc::new(Shop {
                desk: RefCell::new(Desk::new(Start::clone(start))),
                origin: RefCell::default(),
                task: Cell::new(0),
                calls: Calls::default(),
                reported: Cell::new(0.0),
            }));
        }
        let shop = shop.borrow().clone();
        if let Some(shop) = shop {
            handle(&shop, request, &extra);
        }
    });
    post(&Reply::Ready);
}

fn handle(shop: &Rc<Shop>, request: Request, extra: &Extra) {
    match request {
        Request::Start(_) => shop.report(),
        Request::Open { name, how } => {
            if let Some(file) = extra.file() {
                reading::read(shop, Origin::File { name, file }, how);
            }
        }
        Request::Paste { how } => {
            let origin = Origin::Pasted {
                html: extra.text("html"),
                text: extra.text("text"),
            };
            reading::read(shop, origin, how);
        }
        Request::Reread { how } => {
            let origin = shop.origin.borrow().clone();
            if let Some(origin) = origin {
                reading::read(shop, origin, how);
            }
        }
        Request::PasteAt { row, column } => {
            match html::pasted(&extra.text("html"), &extra.text("text")) {
                Ok(cells) => {
                    let edit = Request::Edit { row, column, cells };
                    at_once(shop, &edit, Asked::Edit);
                }
                Err(refusal) => refuse(Asked::Edit, &refusal),
            }
        }
        Request::Score { policy } => scoring::begin(shop, policy),
        Request::Stop => scoring::stop(shop),
        Request::Export { format } => saving::export(shop, format),
        Request::Template => saving::template(shop),
        request @ (Request::Map { .. } | Request::ReadAs { .. } | Request::Parameter { .. }) => {
            at_once(shop, &request, Asked::Score);
        }
        request @ Request::Copy { .. } => at_once(shop, &request, Asked::Copy),
        request => at_once(shop, &request, Asked::Edit),
    }
}

fn at_once(shop: &Rc<Shop>, request: &Request, what: Asked) {
    let done = shop.desk.borrow_mut().carry_out(request);
    match done {
        Ok(replies) => {
            for reply in &replies {
                if matches!(reply, Reply::State(_)) {
                    shop.report();
                } else {
                    post(reply);
                }
            }
        }
        Err(refusal) => refuse(what, &refusal),
    }
}

/// What is known of a source before it is read.
fn facts(name: &str, kind: &str, how: &How) -> SourceFacts {
    SourceFacts {
        name: name.to_owned(),
        kind: kind.to_owned(),
        encoding: how.encoding.clone(),
        delimiter: how.delimiter,
        ..SourceFacts::default()
    }
}
