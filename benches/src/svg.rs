//! Writes a plot with two logarithmic axes as an SVG file, with few lines of text, so that a diff can show
//! them.

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// The left, top, right and bottom of the area in which the lines are drawn.
const AREA: [f64; 4] = [70.0, 46.0, 620.0, 344.0];
const COLOURS: [&str; 3] = ["#1f5fbf", "#8a8a8a", "#c2570c"];

/// A plot: one or more lines with the same axes.
pub(crate) struct Plot<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    pub(crate) lines: Vec<(&'a str, Vec<(f64, f64)>)>,
}

impl Plot<'_> {
    pub(crate) fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let across = Axis::over(points().map(|point| point.0), AREA[0], AREA[2], &Fit::Tight);
        let up = Axis::over(points().map(|point| point.1), AREA[3], AREA[1], &Fit::Steps);
        let mut ticks: Vec<f64> = points().map(|point| point.0).collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        let mut svg = vec![
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
                 font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">"
            ),
            format!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>"),
        ];
        svg.extend(self.names());
        svg.extend(up.steps().map(|value| step(value, up.place(value))));
        svg.extend(ticks.into_iter().map(|value| tick(value, across.place(value))));
        for (number, (name, points)) in self.lines.iter().enumerate() {
            svg.extend(line(number, name, points, &across, &up));
        }
        svg.push("</svg>\n".to_owned());
        svg.join("\n")
    }

    /// The names of the plot and of its axes.
    fn names(&self) -> [String; 3] {
        let middle = f64::midpoint(AREA[0], AREA[2]);
        [
            format!("<text x=\"16\" y=\"22\" font-size=\"15\">{}</text>", self.title),
            format!("<text x=\"{middle}\" y=\"384\" text-anchor=\"middle\">{}</text>", self.x),
            format!(
                "<text x=\"18\" y=\"195\" text-anchor=\"middle\" transform=\"rotate(-90 18 195)\">{}</text>",
                self.y
            ),
        ]
    }
}

fn step(value: f64, y: f64) -> String {
    format!(
        "<path d=\"M{} {y:.1}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        AREA[0],
        AREA[2],
        AREA[0] - 6.0,
        y + 4.0,
        short(value)
    )
}

fn tick(value: f64, x: f64) -> String {
    let y = AREA[3] + 18.0;
    format!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", short(value))
}

fn line(number: usize, name: &str, points: &[(f64, f64)], across: &Axis, up: &Axis) -> [String; 2] {
    let colour = COLOURS[number % COLOURS.len()];
    let place =
        |point: &(f64, f64)| format!("{:.1},{:.1}", across.place(point.0), up.place(point.1));
    let path: Vec<String> = points.iter().map(place).collect();
    let x = AREA[0] + 12.0 + 180.0 * number as f64;
    [
        format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        ),
        format!(
            "<path d=\"M{x} 36h18\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{}\" y=\"40\">{name}</text>",
            x + 24.0
        ),
    ]
}

enum Fit {
    /// From the first value to the last.
    Tight,
    /// From a round value below the smallest one to a round value above the largest one.
    Steps,
}

/// A logarithmic axis, which maps values to places.
struct Axis {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

/// The round values within a decade.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64, fit: &Fit) -> Self {
        let least = values.clone().fold(f64::MAX, f64::min);
        let most = values.fold(f64::MIN, f64::max);
        let (least, most) = match fit {
            Fit::Tight => (least, most),
            Fit::Steps => {
                let below = rounds().filter(|step| *step <= least).fold(0.001, f64::max);
                (below, rounds().find(|step| *step >= most).unwrap_or(most))
            }
        };
        Self { least, most, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value / self.least).ln() / (self.most / self.least).ln();
        self.from + share * (self.to - self.from)
    }

    fn steps(&self) -> impl Iterator<Item = f64> {
        rounds().filter(|step| (self.least..=self.most).contains(step))
    }
}

/// 0.001, 0.002, 0.005, 0.01 and so on.
fn rounds() -> impl Iterator<Item = f64> {
    (-3..10).flat_map(|decade| STEPS.map(|step| step * 10_f64.powi(decade)))
}

fn short(value: f64) -> String {
    match value {
        1_048_576.0.. => format!("{}M", (value / 1_048_576.0).round()),
        1024.0.. => format!("{}K", (value / 1024.0).round()),
        1.0.. => format!("{}", (value * 10.0).round() / 10.0),
        _ => format!("{value}"),
    }
}
