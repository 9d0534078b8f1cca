//! What stands in the page, and how it comes to be as a [`View`] says. Nothing here is generic: this code is loaded once.

use super::window::document;
use super::{Datum, Draft, El, Heard, Held, Mark, Row, Setting, Value, View, What};
use crate::order;
use reactive_graph::effect::RenderEffect;
use reactive_graph::owner::Owner;
use reactive_graph::traits::Set as _;
use send_wrapper::SendWrapper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, Event, EventTarget, HtmlElement, Node};

const SVG: &str = "http://www.w3.org/2000/svg";

/// What a view has become. Each has at least one node, so that its place is known: where there is nothing to see that is an empty comment.
enum Standing {
    Empty(Node),
    Text(Text),
    Element(Box<Made>),
    Tuple(Vec<Standing>),
    List(List),
    Rows(Rows),
    Moving(RenderEffect<Standing>),
    Branch(Mark, Box<Standing>),
}

struct Text {
    node: Node,
    text: String,
}

/// Those in it stand before its end.
struct List {
    items: Vec<Standing>,
    end: Node,
}

struct Rows {
    rows: Vec<OwnedRow>,
    end: Node,
}

struct OwnedRow {
    owner: Owner,
    inside: Standing,
}

struct Made {
    name: &'static str,
    element: Element,
    settings: Vec<Put>,
    listeners: Vec<Listener>,
    inside: Vec<Standing>,
}

/// A setting as it was put on an element.
struct Put {
    what: What,
    name: &'static str,
    value: Holding,
}

enum Holding {
    Fixed(Datum),
    Moving(RenderEffect<Datum>),
}

/// Shows something in an element for good.
pub(super) fn mount(parent: &Element, view: impl FnOnce() -> View) {
    // Refused only where effects run already.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let shown = owner.with(|| {
        let shown = view().build();
        shown.mount(parent, None);
        shown
    });
    std::mem::forget((owner, shown));
}

impl View {
    fn build(self) -> Standing {
        match self {
            Self::Empty => Standing::Empty(placeholder()),
            Self::Text(text) => Standing::Text(Text { node: document().create_text_node(&text).unchecked_into(), text }),
            Self::Element(El(draft)) => Standing::Element(Box::new(Made::new(*draft))),
            Self::Tuple(views) => Standing::Tuple(views.into_iter().map(Self::build).collect()),
            Self::List(views) => Standing::List(List { items: views.into_iter().map(Self::build).collect(), end: placeholder() }),
            Self::Rows(rows) => {
                let mut built = Rows { rows: vec![], end: placeholder() };
                built.change(rows);
                Standing::Rows(built)
            }
            Self::Moving(read) => Standing::Moving(follow(read)),
            Self::Branch(branch) => {
                let (mark, view) = *branch;
                Standing::Branch(mark, Box::new(view.build()))
            }
        }
    }

    /// Makes what stands there as the view says: by changing what is alike, else by putting something else in its place.
    fn show_in(self, standing: &mut Standing) {
        let other = match (self, &mut *standing) {
            (Self::Empty, Standing::Empty(_)) => return,
            (Self::Text(text), Standing::Text(shown)) => return shown.change(text),
            (Self::Element(El(draft)), Standing::Element(made)) if draft.name == made.name => return made.change(*draft),
            (Self::Tuple(views), Standing::Tuple(shown)) if views.len() == shown.len() => return change_all(views, shown),
            (Self::List(views), Standing::List(shown)) => return shown.change(views),
            (Self::Rows(rows), Standing::Rows(shown)) => return shown.change(rows),
            (Self::Branch(branch), Standing::Branch(mark, shown)) if branch.0 == *mark => return branch.1.show_in(shown),
            (other, _) => other,
        };
        let fresh = other.build();
        if let Some(first) = standing.first()
            && let Some(parent) = first.parent_node()
        {
            fresh.mount(&parent, Some(&first));
        }
        standing.unmount();
        *standing = fresh;
    }
}

/// Shows what is read, and again whenever it changes.
fn follow(mut read: Box<dyn FnMut() -> View>) -> RenderEffect<Standing> {
    RenderEffect::new(move |before: Option<Standing>| match before {
        Some(mut standing) => {
            read().show_in(&mut standing);
            standing
        }
        None => read().build(),
    })
}

fn change_all(views: Vec<View>, shown: &mut [Standing]) {
    for (view, standing) in views.into_iter().zip(shown) {
        view.show_in(standing);
    }
}

impl Standing {
    /// Puts it into the parent, before a node or at the end. What stands elsewhere is moved.
    fn mount(&self, parent: &Node, before: Option<&Node>) {
        match self {
            Self::Empty(node) => insert(parent, node, before),
            Self::Text(text) => insert(parent, &text.node, before),
            Self::Element(made) => insert(parent, &made.element, before),
            Self::Tuple(all) => all.iter().for_each(|one| one.mount(parent, before)),
            Self::List(List { items, end }) => {
                items.iter().for_each(|item| item.mount(parent, before));
                insert(parent, end, before);
            }
            Self::Rows(Rows { rows, end }) => {
                rows.iter().for_each(|row| row.inside.mount(parent, before));
                insert(parent, end, before);
            }
            Self::Moving(effect) => {
                effect.with_value_mut(|inside| inside.mount(parent, before));
            }
            Self::Branch(_, inside) => inside.mount(parent, before),
        }
    }

    fn unmount(&self) {
        match self {
            Self::Empty(node) => remove(node),
            Self::Text(text) => remove(&text.node),
            Self::Element(made) => remove(&made.element),
            Self::Tuple(all) => all.iter().for_each(Self::unmount),
            Self::List(List { items, end }) => {
                items.iter().for_each(Self::unmount);
                remove(end);
            }
            Self::Rows(Rows { rows, end }) => {
                rows.iter().for_each(|row| row.inside.unmount());
                remove(end);
            }
            Self::Moving(effect) => {
                effect.with_value_mut(|inside| inside.unmount());
            }
            Self::Branch(_, inside) => inside.unmount(),
        }
    }

    /// Its first node. None only while it is being read anew.
    fn first(&self) -> Option<Node> {
        match self {
            Self::Empty(node) => Some(node.clone()),
            Self::Text(text) => Some(text.node.clone()),
            Self::Element(made) => Some(made.element.clone().unchecked_into()),
            Self::Tuple(all) => all.first()?.first(),
            Self::List(List { items, end }) => items.first().map_or_else(|| Some(end.clone()), Self::first),
            Self::Rows(Rows { rows, end }) => rows.first().map_or_else(|| Some(end.clone()), |row| row.inside.first()),
            Self::Moving(effect) => effect.with_value_mut(|inside| inside.first())?,
            Self::Branch(_, inside) => inside.first(),
        }
    }
}

impl Text {
    fn change(&mut self, text: String) {
        if self.text != text {
            self.node.set_node_value(Some(&text));
            self.text = text;
        }
    }
}

impl List {
    fn change(&mut self, views: Vec<View>) {
        let gone = self.items.split_off(views.len().min(self.items.len()));
        gone.iter().for_each(Standing::unmount);
        let mut views = views.into_iter();
        for (item, view) in self.items.iter_mut().zip(views.by_ref()) {
            view.show_in(item);
        }
        let parent = self.end.parent_node();
        for view in views {
            let item = view.build();
            if let Some(parent) = &parent {
                item.mount(parent, Some(&self.end));
            }
            self.items.push(item);
        }
    }
}

impl Rows {
    fn change(&mut self, rows: Vec<Row>) {
        let place = |row: &Row| match row {
            Row::Kept(place) => Some(*place),
            Row::New(..) => None,
        };
        let stays = order::stays(&rows.iter().map(place).collect::<Vec<_>>());
        let mut before: Vec<Option<OwnedRow>> = std::mem::take(&mut self.rows).into_iter().map(Some).collect();
        let stand = |(row, stays): (Row, bool)| match row {
            Row::Kept(place) => Some((before.get_mut(place)?.take()?, stays)),
            Row::New(owner, view) => {
                let inside = owner.with(|| view.build());
                Some((OwnedRow { owner, inside }, false))
            }
        };
        let rows: Vec<(OwnedRow, bool)> = rows.into_iter().zip(stays).filter_map(stand).collect();
        before.into_iter().flatten().for_each(OwnedRow::end);
        if let Some(parent) = self.end.parent_node() {
            let mut next = self.end.clone();
            for (row, stays) in rows.iter().rev() {
                if !stays {
                    row.inside.mount(&parent, Some(&next));
                }
                next = row.inside.first().unwrap_or(next);
            }
        }
        self.rows = rows.into_iter().map(|(row, _)| row).collect();
    }
}

impl OwnedRow {
    fn end(self) {
        self.inside.unmount();
        drop(self.inside);
        self.owner.cleanup();
    }
}

impl Made {
    fn new(draft: Draft) -> Self {
        let Draft { name, svg, settings, heard, node, inside } = draft;
        let element = make(name, svg);
        let settings = settings.into_iter().map(|setting| Put::new(&element, setting, None)).collect();
        let listeners = hear_all(&element, heard);
        find(node, &element);
        let inside = fill(&element, inside);
        Self { name, element, settings, listeners, inside }
    }

    fn change(&mut self, draft: Draft) {
        let Draft { settings, heard, node, inside, .. } = draft;
        self.set(settings);
        self.listeners.clear();
        self.listeners = hear_all(&self.element, heard);
        find(node, &self.element);
        if inside.len() == self.inside.len() {
            change_all(inside, &mut self.inside);
        } else {
            self.inside.iter().for_each(Standing::unmount);
            self.inside = fill(&self.element, inside);
        }
    }

    fn set(&mut self, settings: Vec<Setting>) {
        let alike = |put: &Put, setting: &Setting| put.what == setting.what && put.name == setting.name;
        let before = std::mem::take(&mut self.settings);
        let same = before.len() == settings.len() && before.iter().zip(&settings).all(|(put, setting)| alike(put, setting));
        let mut before: Vec<Option<Datum>> = before.into_iter().map(|put| put.end(&self.element, !same)).collect();
        before.resize_with(settings.len(), || None);
        let put = |(setting, before)| Put::new(&self.element, setting, before);
        self.settings = settings.into_iter().zip(before).map(put).collect();
    }
}

impl Put {
    fn new(element: &Element, setting: Setting, before: Option<Datum>) -> Self {
        let Setting { what, name, value } = setting;
        let value = match value {
            Value::Fixed(now) => {
                write(element, (what, name), before.as_ref(), &now);
                Holding::Fixed(now)
            }
            Value::Moving(mut read) => {
                let element = element.clone();
                let follow = move |before: Option<Datum>| {
                    let now = read();
                    write(&element, (what, name), before.as_ref(), &now);
                    now
                };
                Holding::Moving(RenderEffect::new_with_value(follow, before))
            }
        };
        Self { what, name, value }
    }

    /// No longer follows, and says what is there; none if it is taken away.
    fn end(self, element: &Element, take_away: bool) -> Option<Datum> {
        let now = match self.value {
            Holding::Fixed(now) => Some(now),
            Holding::Moving(effect) => effect.take_value(),
        };
        if !take_away {
            return now;
        }
        if self.what != What::Property {
            write(element, (self.what, self.name), now.as_ref(), &Datum::Nothing);
        }
        None
    }
}

/// Puts a setting on an element. `before`: what was put there last; none: nothing was.
fn write(element: &Element, (what, name): (What, &str), before: Option<&Datum>, now: &Datum) {
    // A person may have changed a property since, and a change of `class` takes away the names that were put there.
    if matches!(what, What::Attribute | What::Style) && before.unwrap_or(&Datum::Nothing) == now {
        return;
    }
    // A browser refuses only names that could not be, and ours are written here.
    let _ = match (what, now) {
        (What::Attribute, Datum::Text(text)) => element.set_attribute(name, text),
        (What::Attribute, Datum::Flag(true)) => element.set_attribute(name, ""),
        (What::Attribute, Datum::Flag(false) | Datum::Nothing) => element.remove_attribute(name),
        (What::Class, Datum::Flag(true)) => element.class_list().add_1(name),
        (What::Class, _) if before.is_some() => element.class_list().remove_1(name),
        (What::Class, _) => Ok(()),
        (What::Style, Datum::Text(text)) => element.unchecked_ref::<HtmlElement>().style().set_property(name, text),
        (What::Style, _) => element.unchecked_ref::<HtmlElement>().style().remove_property(name).map(drop),
        (What::Property, now) => js_sys::Reflect::set(element, &name.into(), &property(now)).map(drop),
    };
}

fn property(datum: &Datum) -> JsValue {
    match datum {
        Datum::Nothing => JsValue::UNDEFINED,
        Datum::Flag(flag) => JsValue::from_bool(*flag),
        Datum::Text(text) => JsValue::from_str(text),
    }
}

fn make(name: &str, svg: bool) -> Element {
    let made = if svg { document().create_element_ns(Some(SVG), name) } else { document().create_element(name) };
    // A browser without our elements shows nothing.
    made.unwrap_or_else(|why| wasm_bindgen::throw_val(why))
}

fn placeholder() -> Node {
    document().create_comment("").unchecked_into()
}

fn insert(parent: &Node, node: &Node, before: Option<&Node>) {
    // Refused only where `before` was taken out of the page by somebody else.
    let _ = parent.insert_before(node, before);
}

fn remove(node: &Node) {
    if let Some(parent) = node.parent_node() {
        // It is a child of its parent.
        let _ = parent.remove_child(node);
    }
}

fn fill(element: &Element, views: Vec<View>) -> Vec<Standing> {
    let built: Vec<Standing> = views.into_iter().map(View::build).collect();
    built.iter().for_each(|one| one.mount(element, None));
    built
}

fn find(node: Option<Held>, element: &Element) {
    if let Some(node) = node {
        // Whoever asked for it may be gone.
        let _ = node.try_set(Some(SendWrapper::new(element.clone())));
    }
}

fn hear_all(element: &Element, heard: Vec<Heard>) -> Vec<Listener> {
    let listen = |Heard { name, owner, mut hear }| {
        let hear: Box<dyn FnMut(Event)> = Box::new(move |event| owner.with(|| hear(event)));
        Listener::new(element, name, hear)
    };
    heard.into_iter().map(listen).collect()
}

/// Hears an event until it is dropped.
pub(super) struct Listener {
    target: EventTarget,
    name: &'static str,
    hear: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(super) fn new(target: &EventTarget, name: &'static str, hear: Box<dyn FnMut(Event)>) -> Self {
        let hear = Closure::<dyn FnMut(Event)>::wrap(hear);
        // A listener is always taken.
        let _ = target.add_event_listener_with_callback(name, hear.as_ref().unchecked_ref());
        Self { target: target.clone(), name, hear }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // One that is not there any more is no error.
        let _ = self.target.remove_event_listener_with_callback(self.name, self.hear.as_ref().unchecked_ref());
    }
}
