//! Who is signed in, the theme, and signing out.

use super::text;
use crate::client;
use crate::features::account::theme::Theme;
use crate::session::use_session;
use crate::ui::letters::upper;
use crate::ui::live::view;
use crate::ui::toast::use_toasts;
use crate::ui::{Glyph, Icon, Menu, MenuButton};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::problem::Code;
use portico_api::session::{Me, Role};

/// What the person is, in words.
fn standing(me: &Me) -> &'static str {
    if me.administrator {
        return text::ADMINISTRATOR;
    }
    let highest = me
        .memberships
        .iter()
        .map(|place| place.role)
        .min_by_key(|role| match role {
            Role::Owner => 0,
            Role::Publisher => 1,
            Role::Customer => 2,
        });
    match highest {
        Some(Role::Owner) => text::OWNER,
        Some(Role::Publisher) => text::PUBLISHER,
        Some(Role::Customer) => text::CUSTOMER,
        None => text::NOTHING_YET,
    }
}

/// The first letters of the first and the last word of a name.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    upper(&first.into_iter().chain(last).collect::<String>())
}

/// The account menu.
#[component]
pub fn AccountMenu() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let theme = RwSignal::new(Theme::current());
    let sign_out = Callback::new(move |()| {
        spawn_local(async move {
            match client::session::sign_out().await {
                Err(error) if !error.is(Code::Unauthenticated) => toasts.problem(&error),
                _ => {
                    // Signing out clears what the browser stores; the theme is no secret.
                    theme
                        .try_get_untracked()
                        .unwrap_or_else(Theme::current)
                        .choose();
                    session.forget();
                }
            }
        });
    });
    let letters = untrack(|| session.me())
        .map(|me| initials(&me.name))
        .unwrap_or_default();
    let name = text::account(&letters);
    let who = move || {
        session.me().map(|me| {
            view! {
                <div class="account-who">
                    <strong>{me.name.clone()}</strong>
                    <span>{me.email.clone()}</span>
                    <span>{standing(&me)}</span>
                </div>
            }
        })
    };
    let choice = move |of: Theme, glyph, text| {
        view! {
            <MenuButton
                glyph=glyph
                chosen=Signal::derive(move || theme.get() == of)
                on_click=Callback::new(move |()| {
                    of.choose();
                    theme.set(of);
                })
            >
                {text}
            </MenuButton>
        }
    };
    view! {
        <Menu
            label=name
            class="button button-quiet icon-button avatar"
            trigger=move || view! { <span>{letters.clone()}</span> }
            head=who
        >
            {choice(Theme::Light, Glyph::Sun, text::LIGHT)}
            {choice(Theme::Dark, Glyph::Moon, text::DARK)}
            {choice(Theme::System, Glyph::Screen, text::SYSTEM)}
            <div class="menu-line" role="separator"></div>
            <MenuButton glyph=Glyph::Leave on_click=sign_out>{text::SIGN_OUT}</MenuButton>
        </Menu>
    }
}

/// The portal's mark.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="20" height="20" aria-hidden="true" focusable="false">
            <path d="M16 3 29 10v3H3v-3zM3 26h26v3H3zM6 15h4v9H6zm8 0h4v9h-4zm8 0h4v9h-4z"></path>
        </svg>
    }
}

/// Goes through the themes, for pages without a session, which have no account menu.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let theme = RwSignal::new(Theme::current());
    let next = move |now| match now {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    let look = move || match theme.get() {
        Theme::Light => (Glyph::Sun, text::THEME_LIGHT),
        Theme::Dark => (Glyph::Moon, text::THEME_DARK),
        Theme::System => (Glyph::Screen, text::THEME_SYSTEM),
    };
    view! {
        <button
            type="button"
            class="button button-quiet icon-button theme-toggle"
            aria-label=move || look().1
            title=move || look().1
            on:click=move |_| {
                let chosen = next(theme.get_untracked());
                chosen.choose();
                theme.set(chosen);
            }
        >
            {move || view! { <Icon glyph=look().0/> }}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_last_word() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("Jean-Luc de la Tour"), "JT");
        assert_eq!(initials(""), "");
    }
}
