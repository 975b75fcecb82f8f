//! What a page that lives in a program of its own knows of the portal around it, and how it reaches it.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CustomEvent, HtmlAnchorElement, HtmlElement};

/// The portal around a page; made once for each page.
#[derive(Clone, Copy)]
pub struct Outside {
    root: StoredValue<HtmlElement, LocalStorage>,
    publisher: bool,
}

impl Outside {
    /// The portal around the page in `root`. `publisher`: whether the signed-in person may change what
    /// is in the workspace.
    pub fn new(root: HtmlElement, publisher: bool) -> Self {
        Self {
            root: StoredValue::new_local(root),
            publisher,
        }
    }

    /// Whether the signed-in person may publish, and change endpoints.
    pub fn publisher(self) -> bool {
        self.publisher
    }

    /// What the portal shows of the workspace, the service or the endpoint may be outdated now.
    pub fn outdated(self) {
        self.tell("outdated");
    }

    /// Nobody is signed in any more.
    pub fn signed_out(self) {
        self.tell("signedout");
    }

    fn tell(self, what: &str) {
        let root = self.root.try_get_value();
        if let (Some(root), Ok(event)) = (root, CustomEvent::new(what)) {
            // It fails only for an event that is under way already.
            let _ = root.dispatch_event(&event);
        }
    }

    /// Goes to an address of the portal.
    pub fn go(self, href: &str) {
        self.follow(href, false);
    }

    /// Changes the address without a new step in the history: for what of a page is filtered or
    /// chosen. The page stays.
    pub fn note(self, href: &str) {
        self.follow(href, true);
    }

    /// As a click on a link does it: the portal's router hears of links, wherever they come from.
    fn follow(self, href: &str, replace: bool) {
        let link = document()
            .create_element("a")
            .ok()
            .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
        let Some(link) = link else {
            return;
        };
        link.set_href(href);
        if replace {
            // Setting a property of a fresh element, and hanging it into the page, can't fail.
            let _ = js_sys::Reflect::set(&link, &"replace".into(), &JsValue::TRUE);
            let _ = link.set_attribute("noscroll", "");
        }
        if let Some(root) = self.root.try_get_value() {
            let _ = root.append_child(&link);
            link.click();
            link.remove();
        }
    }
}

/// The portal around the page.
pub fn use_outside() -> Outside {
    expect_context()
}

/// What the address says of the page, such as a filter: the value of a parameter of its query.
pub fn asked(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    let params = web_sys::UrlSearchParams::new_with_str(&search).ok()?;
    params.get(name).filter(|value| !value.is_empty())
}
