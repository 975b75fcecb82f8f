//! The way to the worker: starting it, talking to it, and starting it anew when it is called off or
//! has ended. Knows nothing of what is said.

use js_sys::{ArrayBuffer, JsString, Object, Reflect};
use portico_tabular::protocol::{Reply, Request};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, File, MessageEvent, Worker, WorkerOptions, WorkerType};

/// What is heard from the worker.
pub enum Heard {
    /// It says something; with the bytes that stand beside it.
    Said(Box<Reply>, Option<ArrayBuffer>),
    /// It hands over the texts of cells that were asked for.
    Copied(Clip),
    /// It ended by itself, most likely for want of memory, and another one has begun.
    Died,
    /// It could not even be started, and no other one was tried.
    Unreachable,
}

/// What was pasted or dropped, as the clipboard holds it.
#[derive(Clone, Debug)]
pub struct Clip {
    /// `text/html`; empty if there is none.
    pub html: JsString,
    /// `text/plain`; empty if there is none.
    pub text: JsString,
}

impl Clip {
    /// Whether there is nothing to paste.
    pub fn is_empty(&self) -> bool {
        self.html.length() == 0 && self.text.length() == 0
    }

    /// Whether the text has more than one row.
    pub fn several_rows(&self) -> bool {
        self.text.trim_end().includes("\n", 0)
    }
}

/// The worker, for as long as the page is.
#[derive(Clone)]
pub struct Link(Rc<Inner>);

struct Inner {
    /// The script that starts the worker's module.
    script: String,
    hear: Box<dyn Fn(Heard)>,
    /// What each worker is told first.
    start: Request,
    running: RefCell<Option<Running>>,
    /// The worker before, which may have ended within its own listener: that must outlive its call.
    ended: RefCell<Option<Running>>,
    /// Which worker it is: what an older one still says is not listened to.
    number: Cell<u32>,
}

struct Running {
    worker: Worker,
    /// Whether it listens; until then, what it is asked waits here.
    ready: bool,
    waiting: Vec<Object>,
    _said: Closure<dyn FnMut(MessageEvent)>,
    _ended: Closure<dyn FnMut(Event)>,
}

impl Link {
    /// Starts a worker by its `script` and tells it `start`. `hear` is called for whatever it says.
    pub fn start(script: String, start: Request, hear: impl Fn(Heard) + 'static) -> Self {
        let link = Self(Rc::new(Inner {
            script,
            hear: Box::new(hear),
            start,
            running: RefCell::new(None),
            ended: RefCell::new(None),
            number: Cell::new(0),
        }));
        link.restart();
        link
    }

    /// Ends the worker, whatever it is doing, and starts another one.
    pub fn restart(&self) {
        self.stop();
        let number = self.0.number.get();
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let Ok(worker) = Worker::new_with_options(&self.0.script, &options) else {
            (self.0.hear)(Heard::Unreachable);
            return;
        };
        let inner = Rc::downgrade(&self.0);
        let said = Closure::new(move |event: MessageEvent| {
            if let Some(inner) = inner.upgrade()
                && inner.number.get() == number
            {
                Self(inner).said(&event.data());
            }
        });
        let inner = Rc::downgrade(&self.0);
        let ended = Closure::new(move |event: Event| {
            event.prevent_default();
            if let Some(inner) = inner.upgrade()
                && inner.number.get() == number
            {
                Self(inner).ended();
            }
        });
        worker.set_onmessage(Some(said.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(ended.as_ref().unchecked_ref()));
        worker.set_onerror(Some(ended.as_ref().unchecked_ref()));
        *self.0.running.borrow_mut() = Some(Running {
            worker,
            ready: false,
            waiting: Vec::new(),
            _said: said,
            _ended: ended,
        });
    }

    /// Asks for something.
    pub fn ask(&self, request: &Request) {
        self.post(message(request));
    }

    /// Asks for something about a file, which stands beside the message.
    pub fn ask_with_file(&self, request: &Request, file: &File) {
        let message = message(request);
        put(&message, "file", file);
        self.post(message);
    }

    /// Asks for something about what was pasted, which stands beside the message.
    pub fn ask_with_clip(&self, request: &Request, clip: &Clip) {
        let message = message(request);
        put(&message, "html", &clip.html);
        put(&message, "text", &clip.text);
        self.post(message);
    }

    fn stop(&self) {
        self.0.number.set(self.0.number.get().wrapping_add(1));
        if let Some(running) = self.0.running.borrow_mut().take() {
            running.worker.set_onmessage(None);
            running.worker.set_onmessageerror(None);
            running.worker.set_onerror(None);
            running.worker.terminate();
            self.0.ended.replace(Some(running));
        }
    }

    fn post(&self, message: Object) {
        if let Some(running) = self.0.running.borrow_mut().as_mut() {
            if running.ready {
                // It fails only for what can't be cloned, which nothing here is.
                let _ = running.worker.post_message(&message);
            } else {
                running.waiting.push(message);
            }
        }
    }

    fn said(&self, data: &JsValue) {
        let text = Reflect::get(data, &"message".into()).ok();
        let text = text.and_then(|text| text.as_string()).unwrap_or_default();
        let Ok(reply) = serde_json::from_str::<Reply>(&text) else {
            return;
        };
        let beside = |name: &str| Reflect::get(data, &name.into()).unwrap_or_default();
        match &reply {
            Reply::Ready => self.ready(),
            Reply::Copied { .. } => {
                let text = |name| beside(name).dyn_into().unwrap_or_default();
                let clip = Clip {
                    html: text("html"),
                    text: text("text"),
                };
                return (self.0.hear)(Heard::Copied(clip));
            }
            _ => {}
        }
        let bytes = beside("bytes").dyn_into().ok();
        (self.0.hear)(Heard::Said(Box::new(reply), bytes));
    }

    fn ready(&self) {
        if let Some(running) = self.0.running.borrow_mut().as_mut()
            && !running.ready
        {
            running.ready = true;
            let _ = running.worker.post_message(&message(&self.0.start));
            for waiting in running.waiting.drain(..) {
                let _ = running.worker.post_message(&waiting);
            }
        }
    }

    fn ended(&self) {
        let worked = self
            .0
            .running
            .borrow()
            .as_ref()
            .is_some_and(|running| running.ready);
        if worked {
            self.restart();
            (self.0.hear)(Heard::Died);
        } else {
            // One that never listened would not do so the next time: no use in trying for ever.
            self.stop();
            (self.0.hear)(Heard::Unreachable);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(running) = self.running.borrow_mut().take() {
            running.worker.terminate();
        }
    }
}

fn message(request: &Request) -> Object {
    let object = Object::new();
    let text = serde_json::to_string(request).unwrap_or_default();
    put(&object, "message", &JsValue::from_str(&text));
    object
}

fn put(object: &Object, name: &str, value: &JsValue) {
    // Setting a property of a fresh object can't fail.
    let _ = Reflect::set(object, &name.into(), value);
}
