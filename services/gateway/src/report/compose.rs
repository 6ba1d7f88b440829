//! Puts a report together: asks every service once, in parallel, and lays out what came and what did not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{FutureExt, join_all};
use kernel::failure::{Failure, Kind, Reason};
use kernel::names;
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::{AreaLevel, FeedPosition, Indicator, MeasureRequest, MeasureResponse};
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{Report, ReportLine, ReportSource};
use runtime::context::Context;

use super::asked::{Asked, Floor, KnownAt};
use super::known::{Names, Snapshots};
use super::line::{Wanted, timestamp};
use super::template::FURTHER;
use super::{check, divisions, plan};
use crate::Gateway;

/// How often followers are looked at that are awaited.
const LOOK: Duration = Duration::from_millis(100);

/// What one service contributes.
struct Part {
    source: ReportSource,
    lines: Vec<Laid>,
}

/// A line as it came.
struct Laid {
    order: usize,
    /// It is the plan of the line at that place.
    is_plan: bool,
    line: ReportLine,
}

/// Measures a report.
///
/// # Errors
/// What is wrong with the request itself; a service that cannot be asked is no error.
pub(crate) async fn compose(gateway: &Gateway, asked: &Asked) -> Result<Report, Failure> {
    let language = asked.context.language;
    let mut wanted = BTreeMap::<&'static str, Vec<Wanted>>::new();
    for line in named(asked)? {
        wanted.entry(line.service).or_default().push(line);
    }
    for service in asked_besides(gateway, asked)? {
        wanted.entry(service).or_default();
    }
    let near = asked.context.within(gateway.patience(&asked.context));
    let codes = codes(asked, wanted.values().flatten());
    let snapshots = pinned(gateway, &asked.frame.known_at, codes, &asked.context).shared();
    let parts = join_all(wanted.into_iter().map(|(service, lines)| {
        let (snapshots, near) = (snapshots.clone(), &near);
        async move { part(gateway, asked, service, lines, snapshots, near).await }
    }));
    let (parts, names) = tokio::join!(parts, names_of_cells(gateway, asked, &near));
    let parts: Vec<Part> = parts.into_iter().collect::<Result<_, Failure>>()?;

    let (sources, mut lines) = collected(parts);
    if asked.group_by.is_some() {
        lines.iter_mut().for_each(|line| divisions::complete(line, &names, language));
    }
    refuse_unknown(asked, &lines)?;
    let template = asked.frame.template.as_deref();
    let mut checks =
        template.map(|template| template.checks.of(&lines, asked.frame.year, language)).unwrap_or_default();
    if asked.group_by.is_some() {
        checks.extend(check::sums(&lines, language));
    }
    let complete = lines.iter().all(is_complete);
    let composed_at = Some(timestamp(gateway.clock().now()));
    Ok(Report { lines, checks, sources, complete, composed_at, ..head(asked) })
}

/// The lines of all services in the order of the report, each with its plan, and who was asked.
fn collected(parts: Vec<Part>) -> (Vec<ReportSource>, Vec<ReportLine>) {
    let (mut sources, mut lines, mut plans) = (Vec::new(), Vec::new(), BTreeMap::new());
    for part in parts {
        if !part.lines.is_empty() {
            sources.push(part.source);
        }
        for Laid { order, is_plan, line } in part.lines {
            if is_plan {
                plans.insert(order, line);
            } else {
                lines.push((order, line));
            }
        }
    }
    lines.sort_by(|(one, line), (other, next)| {
        one.cmp(other).then_with(|| line.figure_id.cmp(&next.figure_id))
    });
    plan::attach_all(&mut lines, &plans);
    (sources, lines.into_iter().map(|(_, line)| line).collect())
}

/// The report without its lines.
fn head(asked: &Asked) -> Report {
    let frame = &asked.frame;
    let language = asked.context.language;
    let (known_at, snapshot) = match &frame.known_at {
        KnownAt::Lines => (None, String::new()),
        KnownAt::Moment(moment) => (Some(*moment), String::new()),
        KnownAt::Snapshot(code) => (None, code.clone()),
    };
    let template = frame.template.as_deref();
    Report {
        template: template.map(|template| template.id.clone()).unwrap_or_default(),
        title: template.map(|template| template.label.of(language, frame.year)).unwrap_or_default(),
        area: frame.area.as_str().to_owned(),
        year: frame.year,
        as_of: frame.as_of.to_string(),
        known_at,
        snapshot,
        group_by: asked.group_by.unwrap_or(AreaLevel::Unspecified).into(),
        language: language.as_str().to_owned(),
        ..Report::default()
    }
}

/// Whether a line leaves nothing to be desired. What the template does not name, and what does not exist at the level of
/// the area, is no gap.
fn is_complete(line: &ReportLine) -> bool {
    line.section == FURTHER
        || matches!(line.availability(), Availability::Available | Availability::NotAtLevel)
}

/// The lines of the template that were asked for, and the plans to which they belong.
fn named(asked: &Asked) -> Result<Vec<Wanted>, Failure> {
    let (frame, language) = (&asked.frame, asked.context.language);
    let mut wanted = Vec::new();
    for (order, line) in frame.template.iter().flat_map(|template| &template.lines).enumerate() {
        if asked.wants(&line.figure.of(frame.year)) {
            wanted.push(Wanted::of_template(line, order, frame, language)?);
            wanted.extend(Wanted::of_plan(line, order, frame, language)?);
        }
    }
    Ok(wanted)
}

/// The services that may have figures besides those of the template.
fn asked_besides(gateway: &Gateway, asked: &Asked) -> Result<BTreeSet<&'static str>, Failure> {
    if asked.figures.is_empty() {
        return Ok(gateway.channels().services().collect());
    }
    let mut services = BTreeSet::new();
    for figure in &asked.figures {
        let part = names::by_id(figure).ok_or_else(|| unknown(figure))?;
        services.insert(part.service);
    }
    Ok(services)
}

fn unknown(figure: &str) -> Failure {
    Failure::new(Reason::FigureUnknown).with("figure", figure)
}

/// Every figure that was asked for by name has its line.
fn refuse_unknown(asked: &Asked, lines: &[ReportLine]) -> Result<(), Failure> {
    let found = |figure: &&String| lines.iter().any(|line| line.figure_id == **figure);
    match asked.figures.iter().find(|figure| !found(figure)) {
        Some(figure) => Err(unknown(figure)),
        None => Ok(()),
    }
}

impl Asked {
    fn wants(&self, figure: &str) -> bool {
        self.figures.is_empty() || self.figures.contains(figure)
    }
}

/// The snapshots that are needed.
fn codes<'a>(asked: &Asked, lines: impl Iterator<Item = &'a Wanted>) -> BTreeSet<String> {
    match &asked.frame.known_at {
        KnownAt::Moment(_) => BTreeSet::new(),
        KnownAt::Snapshot(code) => BTreeSet::from([code.clone()]),
        KnownAt::Lines => {
            lines.map(|line| line.line.snapshot.clone()).filter(|code| !code.is_empty()).collect()
        }
    }
}

/// The known times of snapshots. Where the registry cannot be asked, the template's lines are read at now and say so; a
/// snapshot that the request names is another matter.
pub(crate) async fn pinned(
    gateway: &Gateway,
    known_at: &KnownAt,
    codes: BTreeSet<String>,
    context: &Context,
) -> Result<Arc<Snapshots>, Failure> {
    if codes.is_empty() {
        return Ok(Arc::default());
    }
    let codes: Vec<String> = codes.into_iter().collect();
    // A third of the time: enough is left to measure when the registry is late.
    let near = context.within(gateway.patience(context) / 3);
    let snapshots = gateway.known().snapshots(gateway.channels(), &codes, &near).await;
    match (known_at, snapshots) {
        (KnownAt::Snapshot(code), Ok(snapshots)) if !snapshots.contains_key(code) => {
            Err(Failure::new(Reason::SnapshotUnknown).with("snapshot", code))
        }
        (KnownAt::Snapshot(_), Err(failure)) => Err(failure),
        (_, Ok(snapshots)) => Ok(snapshots),
        (_, Err(failure)) => {
            tracing::warn!(%failure, "snapshots cannot be told; the report is read at now");
            Ok(Arc::default())
        }
    }
}

/// The names of the divisions in cells; none where the registry cannot be asked.
async fn names_of_cells(gateway: &Gateway, asked: &Asked, near: &Context) -> Arc<Names> {
    let Some(level) = asked.group_by else { return Arc::default() };
    let (area, as_of) = (&asked.frame.area, asked.frame.as_of);
    gateway.known().names(gateway.channels(), area, level, as_of, near).await.unwrap_or_else(|failure| {
        tracing::warn!(%failure, "names of divisions cannot be told");
        Arc::default()
    })
}

/// What one service contributes.
async fn part(
    gateway: &Gateway,
    asked: &Asked,
    service: &'static str,
    mut wanted: Vec<Wanted>,
    snapshots: impl Future<Output = Result<Arc<Snapshots>, Failure>>,
    near: &Context,
) -> Result<Part, Failure> {
    let language = asked.context.language;
    let indicators = gateway.known().indicators(gateway.channels(), service, near).await;
    let snapshots = snapshots.await?;
    let by_id: BTreeMap<&str, &Indicator> = indicators
        .iter()
        .flat_map(|all| all.iter())
        .map(|indicator| (indicator.id.as_str(), indicator))
        .collect();
    for id in by_id.keys().filter(|id| asked.wants(id) && !gateway.templates().name(id)) {
        wanted.push(Wanted::of_indicator(id, service, usize::MAX, &asked.frame)?);
    }
    let mut asked_for = Vec::new();
    let mut lines = Vec::new();
    for mut line in wanted {
        line.pin(&asked.frame.known_at, &snapshots);
        if let Some(indicator) = by_id.get(line.line.indicator_id.as_str()) {
            line.describe(indicator, language);
            asked_for.push(line);
        } else if indicators.is_err() {
            asked_for.push(line);
        } else {
            let failure = Failure::new(Reason::IndicatorUnknown).with("indicator", &line.line.indicator_id);
            lines.push(laid(line, |line| line.missing(Availability::Unavailable, failure.message(language))));
        }
    }
    let answer = match &indicators {
        Err(failure) => Err(failure.clone()),
        Ok(_) => measure(gateway, asked, service, &asked_for, near).await,
    };
    let (source, laid_out) = lay_out(asked, service, asked_for, answer)?;
    lines.extend(laid_out);
    Ok(Part { source, lines })
}

/// The one Measure of a service. It is repeated only while followers are awaited.
async fn measure(
    gateway: &Gateway,
    asked: &Asked,
    service: &'static str,
    lines: &[Wanted],
    near: &Context,
) -> Result<MeasureResponse, Failure> {
    if lines.is_empty() {
        return Ok(MeasureResponse::default());
    }
    let request = MeasureRequest {
        items: lines.iter().map(|line| line.item.clone()).collect(),
        area: asked.frame.area.as_str().to_owned(),
        known_at: None,
        group_by: asked.group_by.unwrap_or(AreaLevel::Unspecified).into(),
    };
    let outgoing = gateway.channels().to(service, near)?;
    let mut client = ReportingServiceClient::new(outgoing.clone()).max_decoding_message_size(usize::MAX);
    loop {
        let answer =
            client.measure(request.clone()).await.map_err(|status| outgoing.failure(&status))?.into_inner();
        if answer.measurements.len() != lines.len() {
            return Err(Failure::new(Reason::AnswerUnexpected).with("service", service));
        }
        if asked.floors.iter().all(|floor| floor.is_reached(&answer.rests_on)) {
            return Ok(answer);
        }
        if near.remaining().is_none_or(|left| left <= LOOK) {
            return Err(
                Failure::new(Reason::DeadlineExceeded).because(format!("followers of {service} are behind"))
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The lines with what came, or with why nothing came.
fn lay_out(
    asked: &Asked,
    service: &'static str,
    wanted: Vec<Wanted>,
    answer: Result<MeasureResponse, Failure>,
) -> Result<(ReportSource, Vec<Laid>), Failure> {
    let language = asked.context.language;
    let source = ReportSource { service: service.to_owned(), ..ReportSource::default() };
    match answer {
        Ok(answer) => {
            let area = asked.frame.area.as_str();
            let lines = wanted.into_iter().zip(answer.measurements);
            let lines =
                lines.map(|(line, measured)| laid(line, |line| line.measured(measured, area, language)));
            let source = ReportSource {
                availability: Availability::Available.into(),
                known_at: answer.known_at,
                position: answer.position,
                rests_on: answer.rests_on,
                ..source
            };
            Ok((source, lines.collect()))
        }
        Err(failure) => {
            let own_fault = asked.frame.known_at != KnownAt::Lines;
            let availability = missing(&failure, own_fault).ok_or_else(|| failure.clone())?;
            // A figure that only this service knows, if at all, cannot be shown as a line.
            if asked.figures.iter().any(|id| {
                names::by_id(id).is_some_and(|part| part.service == service)
                    && !wanted.iter().any(|line| !line.is_plan && line.line.figure_id == *id)
            }) {
                return Err(failure);
            }
            tracing::warn!(service, %failure, "a source of the report is missing");
            let note = failure.message(language);
            let lines = wanted
                .into_iter()
                .map(|line| laid(line, |line| line.missing(availability, note.clone())))
                .collect();
            Ok((ReportSource { availability: availability.into(), note, ..source }, lines))
        }
    }
}

fn laid(wanted: Wanted, line: impl FnOnce(Wanted) -> ReportLine) -> Laid {
    Laid { order: wanted.order, is_plan: wanted.is_plan, line: line(wanted) }
}

/// How lines stand whose service answered with this failure; `None` where the request itself is at fault. A known time that
/// the template names may lie ahead of a service whose clock is behind.
fn missing(failure: &Failure, known_at_was_asked: bool) -> Option<Availability> {
    if !known_at_was_asked && matches!(failure.reason(), Reason::KnownAtInFuture | Reason::KnownAtNotClosed) {
        return Some(Availability::Unavailable);
    }
    match failure.kind() {
        Kind::PermissionDenied => Some(Availability::Forbidden),
        Kind::Unavailable
        | Kind::DeadlineExceeded
        | Kind::ResourceExhausted
        | Kind::Unimplemented
        | Kind::Internal
        | Kind::Cancelled
        | Kind::Aborted
        | Kind::NotFound => Some(Availability::Unavailable),
        Kind::InvalidArgument
        | Kind::AlreadyExists
        | Kind::Unauthenticated
        | Kind::FailedPrecondition
        | Kind::OutOfRange => None,
    }
}

impl Floor {
    /// Whether what a service rests on has come so far. A service that does not follow the other rests on nothing of it.
    fn is_reached(&self, rests_on: &[FeedPosition]) -> bool {
        rests_on.iter().filter(|position| position.service == self.service).all(|position| {
            let token =
                position.position.as_ref().map(|position| position.token.as_str()).unwrap_or_default();
            comes_after(token, &self.token)
        })
    }
}

/// Whether a position is not before another of the same feed. To callers positions are opaque; the suite's own are whole
/// numbers with dots between them, in the order of the feed.
fn comes_after(position: &str, other: &str) -> bool {
    let numbers =
        |text: &str| text.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<i64>>>();
    match (numbers(position), numbers(other)) {
        (Some(position), Some(other)) => position >= other,
        _ => position == other,
    }
}
