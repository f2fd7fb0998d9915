//! A figure's data drawn as SVG.
