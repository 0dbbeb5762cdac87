//! A graph without loops, from left to right.

use super::Drawing;
use super::svg::{Anchor, Px, Svg, shortened};
use std::collections::BTreeMap;

/// A graph without loops.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// What it shows, in a line.
    pub title: String,
    /// Its vertices.
    pub vertices: Vec<Vertex>,
    /// The positions of the vertices that each arrow comes from and leads to: the first stands before the second.
    pub arrows: Vec<(usize, usize)>,
}

/// A vertex.
#[derive(Debug, Clone, PartialEq)]
pub struct Vertex {
    /// Its name.
    pub name: String,
    /// More about it, a line each.
    pub more: [String; 2],
    /// The class of the strip that shows its state.
    pub class: String,
    /// All that is to be said of it.
    pub tip: String,
    /// The id of what a page shows of it.
    pub link: String,
}

const BOX: (f64, f64) = (130.0, 60.0);
/// Between columns, and between what stands in one.
const GAP: (f64, f64) = (32.0, 16.0);
/// What a line that passes a column takes of it.
const LANE: f64 = 6.0;
const MARGIN: f64 = 8.0;

/// Something that takes room in a column: a vertex, or a line that passes it.
#[derive(Debug)]
struct Item {
    column: usize,
    height: f64,
    /// The items in the column before that lines come from.
    from: Vec<usize>,
    middle: f64,
}

impl Network {
    /// Draws it in the size that it needs.
    pub fn draw(&self) -> Drawing {
        let items = self.placed();
        let mut body = Svg::default();
        for item in &items {
            let is_lane = item.height == LANE;
            for from in &item.from {
                line(&mut body, &items[*from], item, is_lane);
            }
        }
        for (vertex, item) in self.vertices.iter().zip(&items) {
            vertex.draw(&mut body, (item.left(), item.middle - BOX.1 / 2.0));
        }
        let most = |f: fn(&Item) -> f64| items.iter().map(f).fold(0.0, f64::max);
        Drawing {
            width: most(|item| item.left() + BOX.0) + MARGIN,
            height: most(|item| item.middle + item.height / 2.0) + MARGIN,
            title: self.title.clone(),
            body,
        }
    }

    /// The vertices, and behind them the lines that pass columns: one for each vertex that they come from.
    fn items(&self) -> Vec<Item> {
        let parents = |vertex: usize| {
            let arrows = self.arrows.iter().filter(move |arrow| arrow.1 == vertex);
            arrows.map(|arrow| arrow.0)
        };
        let mut columns: Vec<usize> = Vec::new();
        for vertex in 0..self.vertices.len() {
            let behind = parents(vertex).map(|parent| columns[parent] + 1).max();
            columns.push(behind.unwrap_or(0));
        }
        let item = |column, height| Item {
            column,
            height,
            from: Vec::new(),
            middle: 0.0,
        };
        let mut items: Vec<Item> = columns.iter().map(|column| item(*column, BOX.1)).collect();
        let mut lanes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (vertex, last) in columns.iter().enumerate() {
            for parent in parents(vertex) {
                let mut from = parent;
                for column in columns[parent] + 1..*last {
                    from = *lanes.entry((parent, column)).or_insert_with(|| {
                        items.push(item(column, LANE));
                        let lane = items.len() - 1;
                        items[lane].from.push(from);
                        lane
                    });
                }
                if !items[vertex].from.contains(&from) {
                    items[vertex].from.push(from);
                }
            }
        }
        items
    }

    /// The items in their places: each near the middle of those that lines come from.
    fn placed(&self) -> Vec<Item> {
        let mut items = self.items();
        let last = items.iter().map(|item| item.column).max().unwrap_or(0);
        for column in 0..=last {
            let mut members: Vec<(f64, usize)> = (0..items.len())
                .filter(|i| items[*i].column == column)
                .map(|i| (wish(&items, i), i))
                .collect();
            // Of items that wish for the same place, lines pass above.
            members.sort_by(|a, b| {
                let heights = items[a.1].height.total_cmp(&items[b.1].height);
                a.0.total_cmp(&b.0).then(heights).then(a.1.cmp(&b.1))
            });
            let (mut next, mut moved) = (f64::NEG_INFINITY, 0.0);
            for (wish, i) in &members {
                let half = items[*i].height / 2.0;
                items[*i].middle = wish.max(next + half);
                moved += items[*i].middle - wish;
                next = items[*i].middle + half + GAP.1;
            }
            let back = moved / members.len().max(1) as f64;
            members.iter().for_each(|(_, i)| items[*i].middle -= back);
        }
        let top = items.iter().map(|item| item.middle - item.height / 2.0);
        let top = top.fold(f64::INFINITY, f64::min);
        items
            .iter_mut()
            .for_each(|item| item.middle += MARGIN - top);
        items
    }
}

/// Where the lines to an item come from, on average.
fn wish(items: &[Item], i: usize) -> f64 {
    let from = &items[i].from;
    let middles = from.iter().map(|parent| items[*parent].middle);
    middles.sum::<f64>() / from.len().max(1) as f64
}

impl Item {
    fn left(&self) -> f64 {
        MARGIN + self.column as f64 * (BOX.0 + GAP.0)
    }
}

/// From the right side of an item to the left side of another one, or through it.
fn line(body: &mut Svg, from: &Item, to: &Item, through: bool) {
    let (x1, y1, y2) = (from.left() + BOX.0, from.middle, to.middle);
    let x2 = if through { to.left() } else { to.left() - 5.0 };
    let bend = GAP.0 * 0.6;
    let mut curve = format!(
        "M{} {}C{} {} {} {} {} {}",
        Px(x1),
        Px(y1),
        Px(x1 + bend),
        Px(y1),
        Px(x2 - bend),
        Px(y2),
        Px(x2),
        Px(y2)
    );
    if through {
        curve += &format!("H{}", Px(to.left() + BOX.0));
    }
    body.element("path", &[("class", &"arrow"), ("d", &curve)]);
    if !through {
        let head = format!(
            "{x},{y} {back},{up} {back},{down}",
            x = Px(x2 + 4.0),
            y = Px(y2),
            back = Px(x2 - 3.0),
            up = Px(y2 - 4.0),
            down = Px(y2 + 4.0)
        );
        body.element("polygon", &[("class", &"head"), ("points", &head)]);
    }
}

impl Vertex {
    fn draw(&self, body: &mut Svg, (x, y): (f64, f64)) {
        let link = format!("#{}", self.link);
        body.open(
            "a",
            &[
                ("href", &link),
                ("class", &"vertex"),
                ("aria-label", &self.tip),
            ],
        );
        body.words("title", &[], &self.tip);
        area(body, "box", (x, y), BOX.0);
        area(body, &format!("state {}", self.class), (x, y), 6.0);
        let mut y = y + 18.0;
        let lines = [&self.name, &self.more[0], &self.more[1]];
        for (line, class) in lines.into_iter().zip(["", "muted", "muted"]) {
            let words = shortened(line, BOX.0 - 20.0);
            body.text(class, (x + 13.0, y), Anchor::Start, &words);
            y += 16.0;
        }
        body.close("a");
    }
}

fn area(body: &mut Svg, class: &str, (x, y): (f64, f64), wide: f64) {
    body.element(
        "rect",
        &[
            ("class", &class),
            ("x", &Px(x)),
            ("y", &Px(y)),
            ("width", &Px(wide)),
            ("height", &Px(BOX.1)),
            ("rx", &"3"),
        ],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(arrows: &[(usize, usize)], vertices: usize) -> Network {
        let vertex = |i: usize| Vertex {
            name: format!("v{i}"),
            more: Default::default(),
            class: "cached".to_owned(),
            tip: String::new(),
            link: format!("stage-{i}"),
        };
        Network {
            title: "The stages".to_owned(),
            vertices: (0..vertices).map(vertex).collect(),
            arrows: arrows.to_vec(),
        }
    }

    #[test]
    fn arrows_lead_to_the_right_and_nothing_covers_anything() {
        let arrows = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (0, 4), (0, 5)];
        let items = network(&arrows, 7).placed();
        let right = |(from, to): &(usize, usize)| items[*from].column < items[*to].column;
        assert!(arrows.iter().all(right));
        for (i, a) in items.iter().enumerate() {
            let apart = |b: &Item| {
                let distance = (a.middle - b.middle).abs();
                a.column != b.column || distance >= (a.height + b.height) / 2.0
            };
            assert!(items[i + 1..].iter().all(apart), "{items:?}");
        }
    }

    #[test]
    fn arrows_that_pass_a_column_share_a_lane() {
        let items = network(&[(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)], 4).placed();
        let lanes = items.iter().filter(|item| item.height == LANE).count();
        assert_eq!(lanes, 2, "{items:?}");
    }

    #[test]
    fn a_graph_of_nothing_is_drawn() {
        assert!(network(&[], 0).draw().width > 0.0);
    }
}
