//! Elements, as the page's parts describe them: `div().attr("class", "card").child((h2().child(title), move || said.get()))`. Signals, memos and
//! effects are those of `reactive_graph`, which is the half of Leptos that knows no page; its elements are not Leptos's, for there each has a type of
//! its own with all that is in it, and the browser has to load code for every one of these types. Here an element is one type, whatever it is and
//! holds: what is generic only brings it into the form of [`View`], and `standing` makes of that what stands in the page, and keeps it up to date.
//!
//! A closure in the place of a value or a child is read again when a signal changes that it read. What it gives then is compared with what stands
//! there: an element of the same name in the same place stays, with the focus and all that a person did to it.

pub mod ev;
mod standing;
mod window;

use crate::order;
use reactive_graph::graph::untrack;
use reactive_graph::owner::Owner;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get as _, GetUntracked as _};
use send_wrapper::SendWrapper;
use standing::Listener;
use std::marker::PhantomData;
use std::panic::Location;
use wasm_bindgen::JsCast;
use web_sys::Element;
use window::window;

/// What the page's parts need: signals, memos and effects, elements, and the window.
pub mod prelude {
    pub use super::window::*;
    pub use super::{CollectView, IntoAny, IntoView, NodeRef, View as AnyView, each, window_event_listener};
    pub use reactive_graph::computed::*;
    pub use reactive_graph::effect::*;
    pub use reactive_graph::graph::untrack;
    pub use reactive_graph::owner::*;
    pub use reactive_graph::prelude::*;
    pub use reactive_graph::signal::*;
}

/// What is to be shown.
pub enum View {
    Empty,
    Text(String),
    Element(El),
    /// Always as many, each in its place.
    Tuple(Vec<View>),
    /// Now so many, now so many.
    List(Vec<View>),
    /// A list whose rows are known by their keys.
    Rows(Vec<Row>),
    /// Read again when it changes.
    Moving(Box<dyn FnMut() -> View>),
    /// One of several that have nothing to do with each other: what stands there stays only for another of the same mark.
    Branch(Box<(Mark, View)>),
}

/// By what two views are known to be alike.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Left,
    Right,
    /// Where in our source it was made.
    Made(&'static Location<'static>),
}

/// A row of a list that has changed.
pub enum Row {
    /// It was there before, in this place.
    Kept(usize),
    /// It is new, and lives under its own owner.
    New(Owner, View),
}

/// One of two.
pub enum Either<A, B> {
    Left(A),
    Right(B),
}

/// An element that is to be shown.
#[must_use]
pub struct El(Box<Draft>);

struct Draft {
    name: &'static str,
    svg: bool,
    settings: Vec<Setting>,
    heard: Vec<Heard>,
    node: Option<Held>,
    inside: Vec<View>,
}

struct Setting {
    what: What,
    name: &'static str,
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Attribute,
    /// One name of the attribute `class`, which is there or not.
    Class,
    Style,
    Property,
}

/// What an attribute, a class, a style or a property is.
#[derive(PartialEq, Eq)]
pub enum Datum {
    Nothing,
    Flag(bool),
    Text(String),
}

/// The same, or what gives it.
pub enum Value {
    Fixed(Datum),
    Moving(Box<dyn FnMut() -> Datum>),
}

struct Heard {
    name: &'static str,
    /// Who wants to hear it.
    owner: Owner,
    hear: Box<dyn FnMut(web_sys::Event)>,
}

impl El {
    fn new(name: &'static str, svg: bool) -> Self {
        Self(Box::new(Draft { name, svg, settings: vec![], heard: vec![], node: None, inside: vec![] }))
    }

    pub fn attr(self, name: &'static str, value: impl IntoValue) -> Self {
        self.set(What::Attribute, name, value.into_value())
    }

    pub fn id(self, value: impl IntoValue) -> Self {
        self.attr("id", value)
    }

    /// A name that stands in `class` while the value is true.
    pub fn class(self, (name, value): (&'static str, impl IntoValue)) -> Self {
        self.set(What::Class, name, value.into_value())
    }

    pub fn style(self, (name, value): (&'static str, impl IntoValue)) -> Self {
        self.set(What::Style, name, value.into_value())
    }

    pub fn prop(self, name: &'static str, value: impl IntoValue) -> Self {
        self.set(What::Property, name, value.into_value())
    }

    /// Hears an event for as long as the element is shown.
    pub fn on<E: JsCast + 'static>(self, sort: ev::Sort<E>, mut hear: impl FnMut(E) + 'static) -> Self {
        self.hear(sort.name, Box::new(move |event: web_sys::Event| hear(event.unchecked_into())))
    }

    pub fn child(self, child: impl IntoView) -> Self {
        self.put(child.into_view())
    }

    /// Where the element will be found once it is made.
    pub fn node_ref<E>(mut self, node: NodeRef<E>) -> Self {
        self.0.node = Some(node.held);
        self
    }

    #[inline(never)]
    fn set(mut self, what: What, name: &'static str, value: Value) -> Self {
        self.0.settings.push(Setting { what, name, value });
        self
    }

    #[inline(never)]
    fn hear(mut self, name: &'static str, hear: Box<dyn FnMut(web_sys::Event)>) -> Self {
        self.0.heard.push(Heard { name, owner: Owner::current().unwrap_or_default(), hear });
        self
    }

    #[inline(never)]
    fn put(mut self, view: View) -> Self {
        match view {
            View::Tuple(views) => self.0.inside.extend(views),
            view => self.0.inside.push(view),
        }
        self
    }
}

/// What can be shown.
pub trait IntoView {
    fn into_view(self) -> View;
}

/// What can stand where something else of another kind can stand as well.
pub trait IntoAny: IntoView + Sized {
    #[track_caller]
    fn into_any(self) -> View {
        branch(Mark::Made(Location::caller()), self.into_view())
    }
}

impl<V: IntoView> IntoAny for V {}

/// All that can be shown of many, one after the other.
pub trait CollectView {
    fn collect_view(self) -> View;
}

impl<I: IntoIterator<Item: IntoView>> CollectView for I {
    fn collect_view(self) -> View {
        View::List(self.into_iter().map(IntoView::into_view).collect())
    }
}

fn branch(mark: Mark, view: View) -> View {
    View::Branch(Box::new((mark, view)))
}

impl IntoView for View {
    fn into_view(self) -> View {
        self
    }
}

impl IntoView for El {
    fn into_view(self) -> View {
        View::Element(self)
    }
}

impl IntoView for () {
    fn into_view(self) -> View {
        View::Empty
    }
}

impl IntoView for String {
    fn into_view(self) -> View {
        View::Text(self)
    }
}

impl IntoView for &str {
    fn into_view(self) -> View {
        View::Text(self.to_owned())
    }
}

impl<V: IntoView> IntoView for Option<V> {
    fn into_view(self) -> View {
        self.map_or(View::Empty, IntoView::into_view)
    }
}

impl<V: IntoView> IntoView for Vec<V> {
    fn into_view(self) -> View {
        self.collect_view()
    }
}

impl<V: IntoView, const N: usize> IntoView for [V; N] {
    fn into_view(self) -> View {
        self.collect_view()
    }
}

impl<A: IntoView, B: IntoView> IntoView for Either<A, B> {
    fn into_view(self) -> View {
        match self {
            Self::Left(view) => branch(Mark::Left, view.into_view()),
            Self::Right(view) => branch(Mark::Right, view.into_view()),
        }
    }
}

impl<V: IntoView, F: FnMut() -> V + 'static> IntoView for F {
    fn into_view(mut self) -> View {
        View::Moving(Box::new(move || self().into_view()))
    }
}

macro_rules! tuples {
    ($($part:ident)+) => {
        impl<$($part: IntoView),+> IntoView for ($($part,)+) {
            #[allow(non_snake_case, reason = "a part is called as its type")]
            fn into_view(self) -> View {
                let ($($part,)+) = self;
                View::Tuple(vec![$($part.into_view()),+])
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
tuples!(A B C D E F G H I J K L M);
tuples!(A B C D E F G H I J K L M N);

/// What an attribute, a class, a style or a property can be.
pub trait IntoDatum {
    fn into_datum(self) -> Datum;
}

impl IntoDatum for String {
    fn into_datum(self) -> Datum {
        Datum::Text(self)
    }
}

impl IntoDatum for &str {
    fn into_datum(self) -> Datum {
        Datum::Text(self.to_owned())
    }
}

impl IntoDatum for bool {
    fn into_datum(self) -> Datum {
        Datum::Flag(self)
    }
}

impl<D: IntoDatum> IntoDatum for Option<D> {
    fn into_datum(self) -> Datum {
        self.map_or(Datum::Nothing, IntoDatum::into_datum)
    }
}

/// The same, or a closure that gives it.
pub trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Fixed(self.into_datum())
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::Fixed(self.into_datum())
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Fixed(self.into_datum())
    }
}

impl<D: IntoDatum> IntoValue for Option<D> {
    fn into_value(self) -> Value {
        Value::Fixed(self.into_datum())
    }
}

impl<D: IntoDatum, F: FnMut() -> D + 'static> IntoValue for F {
    fn into_value(mut self) -> Value {
        Value::Moving(Box::new(move || self().into_datum()))
    }
}

/// A row for each of what `items` gives, known by its `key`. While a key is there its row stays as it is, wherever it comes to stand.
pub fn each<T: 'static, K: PartialEq + 'static, V: IntoView>(
    items: impl Fn() -> Vec<T> + 'static,
    key: impl Fn(&T) -> K + 'static,
    child: impl Fn(T) -> V + 'static,
) -> View {
    let parent = Owner::current().unwrap_or_default();
    let mut before = Vec::new();
    View::Moving(Box::new(move || {
        let items = items();
        let keys: Vec<K> = items.iter().map(&key).collect();
        let places = order::places(&before, &keys);
        before = keys;
        let row = |(item, place): (T, Option<usize>)| match place {
            Some(place) => Row::Kept(place),
            None => {
                let owner = parent.with(Owner::new);
                let view = owner.with(|| untrack(|| child(item).into_view()));
                Row::New(owner, view)
            }
        };
        View::Rows(items.into_iter().zip(places).map(row).collect())
    }))
}

type Held = RwSignal<Option<SendWrapper<Element>>>;

/// Where an element will be found once it is made.
pub struct NodeRef<E> {
    held: Held,
    element: PhantomData<fn() -> E>,
}

impl<E> Clone for NodeRef<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NodeRef<E> {}

impl<E: JsCast> NodeRef<E> {
    pub fn new() -> Self {
        Self { held: RwSignal::new(None), element: PhantomData }
    }

    pub fn get(self) -> Option<E> {
        cast(self.held.get())
    }

    pub fn get_untracked(self) -> Option<E> {
        cast(self.held.get_untracked())
    }

    /// None: whoever asked for it is gone.
    pub fn try_get_untracked(self) -> Option<Option<E>> {
        self.held.try_get_untracked().map(cast)
    }
}

fn cast<E: JsCast>(held: Option<SendWrapper<Element>>) -> Option<E> {
    held.map(|element| element.take().unchecked_into())
}

/// Hears an event of the window until it is removed or dropped.
pub fn window_event_listener<E: JsCast + 'static>(sort: ev::Sort<E>, mut hear: impl FnMut(E) + 'static) -> WindowListener {
    let hear: Box<dyn FnMut(web_sys::Event)> = Box::new(move |event: web_sys::Event| hear(event.unchecked_into()));
    WindowListener(SendWrapper::new(Listener::new(&window(), sort.name, hear)))
}

#[must_use]
pub struct WindowListener(SendWrapper<Listener>);

impl WindowListener {
    pub fn remove(self) {
        drop(self.0);
    }
}

/// Shows something in an element for as long as the page is open.
pub fn mount_to<V: IntoView>(parent: &Element, view: impl FnOnce() -> V) {
    standing::mount(parent, || view().into_view());
}

macro_rules! elements {
    ($svg:literal: $($name:ident)+) => {
        $(pub fn $name() -> $crate::html::El {
            $crate::html::El::new(stringify!($name), $svg)
        })+
    };
}

elements!(false:
    a article audio bdi blockquote br button caption code dd details dialog div dl dt em fieldset footer form h1 h2 h3 header img input
    label legend li main nav ol option p pre progress s section select span strong summary table tbody td textarea th thead time tr ul
    video
);

/// Elements of drawings.
pub mod svg {
    elements!(true: path rect svg);
}

pub type Audio = web_sys::HtmlAudioElement;
pub type Dialog = web_sys::HtmlDialogElement;
pub type Div = web_sys::HtmlDivElement;
pub type H1 = web_sys::HtmlElement;
pub type Input = web_sys::HtmlInputElement;
pub type Nav = web_sys::HtmlElement;
pub type Textarea = web_sys::HtmlTextAreaElement;
pub type Video = web_sys::HtmlVideoElement;
