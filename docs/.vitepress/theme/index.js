// VitePress's own look, and little else.
import Theme from "vitepress/theme";
import "./style.css";

export default Theme;
