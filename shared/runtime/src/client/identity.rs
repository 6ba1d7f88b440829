//! As whom a service calls when no caller's own token will do: its background work, and long streams that outlive the
//! caller's token.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel::caller::Caller;
use kernel::clock::{Clock, Moment};
use kernel::failure::{Failure, Reason};

use crate::config::ServiceConfig;
use crate::context::{CallerToken, Context, RequestId};
use crate::keys::Keys;
use crate::roles::INTERNAL_ROLE;
use crate::token::{Claims, EVERYWHERE, Grant, ISSUER, Issuer, unverified};

/// How long a token of the suite's own lives.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A token that ends sooner than this is not used for a new call.
const RESERVE: Duration = Duration::from_secs(300);

/// The identity of a service.
pub struct Identity {
    service: &'static str,
    source: Source,
    clock: Arc<dyn Clock>,
    current: Mutex<Option<(CallerToken, Moment)>>,
}

/// Where its tokens come from.
enum Source {
    Issuer(Box<Issuer>),
    /// A token from the configuration, for services that do not have the issuer's key.
    Given(CallerToken),
    None,
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Identity {
    /// The identity of a service: with the issuer's key it makes its tokens, else it uses the one it was given.
    #[must_use]
    pub fn new(
        service: &'static str,
        issuer: Option<Issuer>,
        given: Option<CallerToken>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let source = match (issuer, given) {
            (Some(issuer), _) => Source::Issuer(Box::new(issuer)),
            (None, Some(token)) => Source::Given(token),
            (None, None) => Source::None,
        };
        Self { service, source, clock, current: Mutex::default() }
    }

    /// The identity of a service from its keys and its configuration.
    #[must_use]
    pub fn of_service(
        service: &'static str,
        keys: &Keys,
        config: &ServiceConfig,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let issuer = keys.issuer().map(|key| Issuer::new(key.clone(), Arc::clone(&clock)));
        let given = config.service_token.as_ref().map(|token| CallerToken(token.reveal().into()));
        Self::new(service, issuer, given, clock)
    }

    /// The circumstances of a piece of background work, with a token of the internal role.
    ///
    /// # Errors
    /// `AUTHENTICATION_REQUIRED` where this service has neither the issuer's key nor a token.
    pub fn background(&self) -> Result<Context, Failure> {
        let caller = Caller::internal(self.subject());
        Ok(Context::background(caller, Some(self.token()?), RequestId::random()))
    }

    /// The circumstances of a long stream of a caller, with a token that lives for an hour: the service's own subject,
    /// the caller's role, scope and programmes, and `on_behalf_of` the caller. Without the issuer's key, the caller's own
    /// token goes on being used.
    ///
    /// # Errors
    /// `TOKEN_MALFORMED` where the caller's token cannot be read, which the middleware has done before.
    pub fn for_stream(&self, context: &Context) -> Result<Context, Failure> {
        let (Source::Issuer(issuer), Some(token)) = (&self.source, &context.token) else {
            return Ok(context.clone());
        };
        let claims = unverified(&token.0)?;
        let now = self.clock.now();
        let on_behalf_of = claims.on_behalf_of.unwrap_or(claims.sub);
        let own = issuer.sign(&Claims {
            sub: self.subject(),
            iss: ISSUER.to_owned(),
            iat: now.seconds_and_nanos().0,
            exp: now.plus(LIFETIME).seconds_and_nanos().0,
            on_behalf_of: Some(on_behalf_of),
            ..claims
        })?;
        Ok(Context { token: Some(CallerToken(own.into())), ..context.clone() })
    }

    fn subject(&self) -> String {
        format!("services/{}", self.service)
    }

    fn token(&self) -> Result<CallerToken, Failure> {
        let issuer = match &self.source {
            Source::Issuer(issuer) => issuer,
            Source::Given(token) => return Ok(token.clone()),
            Source::None => {
                let failure = Failure::new(Reason::AuthenticationRequired);
                return Err(failure.because("neither an issuer's key nor a service token is configured"));
            }
        };
        let now = self.clock.now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, ends)) = &*current
            && *ends > now.plus(RESERVE)
        {
            return Ok(token.clone());
        }
        let token = issuer.issue(&Grant {
            subject: self.subject(),
            role: INTERNAL_ROLE.to_owned(),
            areas: vec![EVERYWHERE.to_owned()],
            programmes: None,
            on_behalf_of: None,
            lifetime: LIFETIME,
        })?;
        let token = CallerToken(token.into());
        *current = Some((token.clone(), now.plus(LIFETIME)));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use kernel::clock::ManualClock;
    use kernel::language::Language;

    use super::*;
    use crate::roles::Roles;
    use crate::token::{Authenticator, Verifier};

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::new(Moment(1_500_000_000_000_000)))
    }

    fn issuer(clock: &Arc<ManualClock>) -> Issuer {
        Issuer::new(SigningKey::from_bytes(&[1; 32]), Arc::clone(clock) as Arc<dyn Clock>)
    }

    fn seen(context: &Context, clock: &Arc<ManualClock>) -> Caller {
        let verifier = Verifier::new(&[SigningKey::from_bytes(&[1; 32]).verifying_key()]);
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let authenticator = Authenticator::new(verifier, Roles::standard().unwrap(), clock);
        authenticator.authenticate(&context.token.as_ref().unwrap().0, Language::Zh).unwrap()
    }

    #[test]
    fn background_work_has_the_internal_role_and_a_fresh_token() {
        let clock = clock();
        let identity = Identity::new("assistance", Some(issuer(&clock)), None, clock.clone());
        let first = identity.background().unwrap();
        let caller = seen(&first, &clock);
        assert_eq!((caller.role.as_str(), caller.subject.as_str()), ("internal", "services/assistance"));
        assert!(caller.scope.is_everything() && caller.may("feed.watch") && !caller.may("household.write"));
        assert_eq!(identity.background().unwrap().token, first.token);
        clock.advance(Duration::from_secs(3400));
        let next = identity.background().unwrap();
        assert_ne!(next.token, first.token);
        seen(&next, &clock);
    }

    #[test]
    fn a_stream_keeps_the_callers_rights_beyond_its_token() {
        let clock = clock();
        let grant = Grant {
            subject: "li.ming".to_owned(),
            role: "bureau".to_owned(),
            areas: vec!["222405".to_owned()],
            programmes: Some(vec!["housing".to_owned()]),
            on_behalf_of: None,
            lifetime: Duration::from_secs(60),
        };
        let token = CallerToken(issuer(&clock).issue(&grant).unwrap().into());
        let context = Context::background(Caller::internal("x"), Some(token), RequestId::random());
        let identity = Identity::new("registry", Some(issuer(&clock)), None, clock.clone());
        let stream = identity.for_stream(&context).unwrap();
        clock.advance(Duration::from_secs(600));
        let caller = seen(&stream, &clock);
        assert_eq!((caller.subject.as_str(), caller.role.as_str()), ("services/registry", "bureau"));
        assert_eq!(caller.on_behalf_of.as_deref(), Some("li.ming"));
        assert!(caller.scope.holds("222405") && !caller.scope.holds("222406") && caller.may("housing.pay"));
    }

    #[test]
    fn without_the_issuers_key_a_given_token_is_used_or_none() {
        let clock = clock();
        let given = CallerToken("given".into());
        let identity = Identity::new("registry", None, Some(given.clone()), clock.clone());
        assert_eq!(identity.background().unwrap().token, Some(given));
        let identity = Identity::new("registry", None, None, clock);
        assert_eq!(identity.background().unwrap_err().reason(), Reason::AuthenticationRequired);
    }
}
