//! Calls about signing in.

use super::{Answer, Call, get};
use portico_api::routes;
use portico_api::session::{Me, SetUp, SignIn, StepUp};

/// Who is signed in.
///
/// # Errors
/// [`super::ClientError`]; code *unauthenticated* when nobody is.
pub async fn me() -> Answer<Me> {
    get(&routes::ME, &[]).await
}

/// Signs in with a password or a one-time link.
///
/// # Errors
/// [`super::ClientError`]; *bad_credentials*, *too_many_requests* or *link_spent* among them.
pub async fn sign_in(body: &SignIn) -> Answer<()> {
    Call::new(&routes::SIGN_IN, &[]).json(body)?.send().await?;
    Ok(())
}

/// Makes the first administrator and signs in.
///
/// # Errors
/// [`super::ClientError`]; *link_spent* when the installation has an administrator already.
pub async fn set_up(body: &SetUp) -> Answer<()> {
    Call::new(&routes::SET_UP, &[]).json(body)?.send().await?;
    Ok(())
}

/// Signs out.
///
/// # Errors
/// [`super::ClientError`].
pub async fn sign_out() -> Answer<()> {
    Call::new(&routes::SIGN_OUT, &[]).send().await?;
    Ok(())
}

/// Gives the password again before a sensitive act.
///
/// # Errors
/// [`super::ClientError`]; *bad_credentials* among them.
pub async fn step_up(password: String) -> Answer<()> {
    let body = StepUp { password };
    Call::new(&routes::STEP_UP, &[]).json(&body)?.send().await?;
    Ok(())
}
