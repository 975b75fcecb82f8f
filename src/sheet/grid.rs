//! The grid as the page has it: its listeners, its frames, and what the page can tell it.

use super::clipboard;
use super::core::Core;
use super::listen::Listener;
use super::selection::Cell;
use super::wish::Wish;
use super::worker::Clip;
use portico_tabular::protocol::{Area, Row, State};
use std::cell::{Cell as Slot, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    ClipboardEvent, Event, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver, WheelEvent,
};

/// The grid. It ends with its last handle.
#[derive(Clone)]
pub struct Grid(Rc<Shell>);

struct Shell {
    core: RefCell<Core>,
    wish: Box<dyn Fn(Wish)>,
    listeners: RefCell<Vec<Listener>>,
    frame: RefCell<Option<Closure<dyn FnMut()>>>,
    /// The frame that is on its way.
    waiting: Slot<Option<i32>>,
    observer: RefCell<Option<Observer>>,
}

/// Tells when the grid's size changes; with what it calls.
type Observer = (ResizeObserver, Closure<dyn FnMut()>);

impl Grid {
    /// Makes a grid in `host`. `categories` are the values that each input of the model knows; `wish`
    /// is called for what the grid wants.
    pub fn new(
        host: &HtmlElement,
        label: &str,
        categories: Vec<Vec<String>>,
        wish: impl Fn(Wish) + 'static,
    ) -> Option<Self> {
        let document = host.owner_document()?;
        let shell = Rc::new(Shell {
            core: RefCell::new(Core::new(&document, host, label, categories)?),
            wish: Box::new(wish),
            listeners: RefCell::new(Vec::new()),
            frame: RefCell::new(None),
            waiting: Slot::new(None),
            observer: RefCell::new(None),
        });
        Shell::listen(&shell);
        Some(Self(shell))
    }

    /// Takes over how things stand.
    pub fn set_state(&self, state: &State) {
        self.0.run(|core| core.set_state(state));
    }

    /// Takes rows in that were asked for.
    pub fn take_rows(&self, ticket: u32, first: u32, total: u32, rows: Vec<Row>) {
        self.0
            .run(|core| core.take_rows(ticket, first, total, rows));
    }

    /// Takes texts in that were asked for.
    pub fn take_copied(&self, clip: Clip) {
        let now = self.0.run(|core| core.take_copied(clip)).flatten();
        if let Some(text) = now {
            let shell = Rc::downgrade(&self.0);
            wasm_bindgen_futures::spawn_local(async move {
                if !clipboard::put_later(&text).await
                    && let Some(shell) = shell.upgrade()
                {
                    (shell.wish)(Wish::NotCopied);
                }
            });
        }
    }

    /// Texts that were asked for do not come. Whether somebody waits for them.
    pub fn not_copied(&self) -> bool {
        self.0.run(|core| core.not_copied()).unwrap_or_default()
    }

    /// Cells changed: what was fetched of them is no longer true.
    pub fn changed(&self) {
        self.0.run(|core| {
            core.cache.age();
            core.copied.ready = None;
        });
    }

    /// The worker is another: what was asked of the old one is never answered.
    pub fn forget(&self) {
        self.0.run(|core| {
            core.cache.clear();
            core.copied.ready = None;
            core.copied.asked.clear();
            core.editor = None;
        });
    }

    /// Goes to a cell and takes the focus.
    pub fn jump(&self, position: u32, column: u32) {
        self.0.run(|core| {
            core.jump(Cell {
                row: position,
                column,
            });
            core.focus();
        });
    }

    /// Goes to the row that the source calls so.
    pub fn go_to(&self, source_row: u32) {
        self.0.run(|core| {
            core.seeking = Some((source_row, 0));
            core.focus();
        });
    }

    /// Selects an area that changed, rows at their positions, and puts it amid what is seen.
    pub fn look_at(&self, area: Area) {
        self.0.run(|core| core.look_at(area));
    }

    /// Takes the focus.
    pub fn focus(&self) {
        self.0.run(|core| core.focus());
    }

    /// Where the active cell is in the table, row and column, before any frame shows it.
    pub fn place(&self) -> Option<(u32, u32)> {
        self.0.core.try_borrow().ok()?.place()
    }
}

impl Shell {
    /// Changes the state, then says what it wants and shows it in the next frame. Does nothing while
    /// the state is being changed: then the event is a consequence of that.
    fn run<T>(self: &Rc<Self>, act: impl FnOnce(&mut Core) -> T) -> Option<T> {
        let (result, wishes) = {
            let mut core = self.core.try_borrow_mut().ok()?;
            let result = act(&mut core);
            (result, std::mem::take(&mut core.wishes))
        };
        for wish in wishes {
            (self.wish)(wish);
        }
        self.schedule();
        Some(result)
    }

    fn schedule(self: &Rc<Self>) {
        if self.waiting.get().is_some() {
            return;
        }
        let frame = self.frame.borrow();
        let asked = frame
            .as_ref()
            .zip(web_sys::window())
            .and_then(|(act, window)| {
                window
                    .request_animation_frame(act.as_ref().unchecked_ref())
                    .ok()
            });
        self.waiting.set(asked);
    }

    fn shown(self: &Rc<Self>) {
        self.waiting.set(None);
        let wishes = {
            let Ok(mut core) = self.core.try_borrow_mut() else {
                return;
            };
            let more = core.frame();
            (std::mem::take(&mut core.wishes), more)
        };
        let (wishes, more) = wishes;
        for wish in wishes {
            (self.wish)(wish);
        }
        if more {
            self.schedule();
        }
    }

    fn listen(shell: &Rc<Self>) {
        let weak = Rc::downgrade(shell);
        *shell.frame.borrow_mut() = Some(Closure::new({
            let weak = weak.clone();
            move || {
                if let Some(shell) = weak.upgrade() {
                    shell.shown();
                }
            }
        }));
        let Ok(mut core) = shell.core.try_borrow_mut() else {
            return;
        };
        core.composes = composes();
        core.left_field = Rc::new({
            let weak = weak.clone();
            move || {
                if let Some(shell) = weak.upgrade() {
                    shell.run(Core::left_field);
                }
            }
        });
        let grid = core.pane.grid.clone();
        drop(core);
        let mut listeners = shell.listeners.borrow_mut();
        listeners.push(on(&weak, &grid, "scroll", |shell, _: Event| {
            shell.schedule();
        }));
        listeners.push(on(&weak, &grid, "wheel", |shell, event: WheelEvent| {
            if shell.run(|core| core.wheel(&event)) == Some(true) {
                event.prevent_default();
            }
        }));
        listeners.push(on(
            &weak,
            &grid,
            "keydown",
            |shell, event: KeyboardEvent| {
                if shell.run(|core| core.key(&event)) == Some(true) {
                    event.prevent_default();
                    event.stop_propagation();
                }
            },
        ));
        listeners.push(on(
            &weak,
            &grid,
            "pointerdown",
            |shell, event: PointerEvent| {
                if shell.run(|core| core.press(&event)) == Some(true) {
                    event.prevent_default();
                }
            },
        ));
        listeners.push(on(
            &weak,
            &grid,
            "pointermove",
            |shell, event: PointerEvent| {
                shell.run(|core| core.moved(&event));
            },
        ));
        for name in ["pointerup", "pointercancel"] {
            listeners.push(on(&weak, &grid, name, |shell, _: PointerEvent| {
                shell.run(|core| {
                    core.drag_on();
                    core.drag = None;
                });
            }));
        }
        listeners.push(on(&weak, &grid, "dblclick", |shell, event: Event| {
            shell.run(|core| {
                if !core.in_field(event.target()) {
                    core.edit(false);
                }
            });
        }));
        listeners.push(on(&weak, &grid, "compositionstart", |shell, _: Event| {
            shell.run(|core| core.composed(true));
        }));
        listeners.push(on(&weak, &grid, "input", |shell, _: Event| {
            shell.run(|core| core.composed(false));
        }));
        listeners.push(on(&weak, &grid, "focus", |shell, _: Event| {
            shell.run(Core::wait);
        }));
        for (name, cut) in [("copy", false), ("cut", true)] {
            listeners.push(on(
                &weak,
                &grid,
                name,
                move |shell, event: ClipboardEvent| {
                    if shell.run(|core| core.copy(&event, cut)) == Some(true) {
                        event.prevent_default();
                    }
                },
            ));
        }
        listeners.push(on(&weak, &grid, "paste", |shell, event: ClipboardEvent| {
            if shell.run(|core| core.paste(&event)) == Some(true) {
                event.prevent_default();
            }
            event.stop_propagation();
        }));
        drop(listeners);
        let resized = Closure::<dyn FnMut()>::new(move || {
            if let Some(shell) = weak.upgrade() {
                shell.run(Core::fit);
            }
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&grid);
            *shell.observer.borrow_mut() = Some((observer, resized));
        }
    }
}

/// Whether the person writes a language that is composed by an input method.
fn composes() -> bool {
    let languages = web_sys::window().map(|window| window.navigator().languages());
    languages.is_some_and(|languages| {
        languages.iter().any(|language| {
            let language = language.as_string().unwrap_or_default();
            ["ja", "ko", "zh"]
                .iter()
                .any(|composed| language.starts_with(composed))
        })
    })
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some((frame, window)) = self.waiting.take().zip(web_sys::window()) {
            // It fails only for a frame that never was.
            let _ = window.cancel_animation_frame(frame);
        }
        if let Some((observer, _)) = self.observer.borrow_mut().take() {
            observer.disconnect();
        }
        self.listeners.borrow_mut().clear();
        if let Ok(core) = self.core.try_borrow() {
            core.pane.remove();
        }
    }
}

fn on<E>(
    shell: &Weak<Shell>,
    target: &HtmlElement,
    name: &'static str,
    mut act: impl FnMut(&Rc<Shell>, E) + 'static,
) -> Listener
where
    E: wasm_bindgen::convert::FromWasmAbi + 'static,
{
    let shell = Weak::clone(shell);
    Listener::new(target, name, move |event: E| {
        if let Some(shell) = shell.upgrade() {
            act(&shell, event);
        }
    })
}
