import { createRoot } from "react-dom/client";
import { App } from "./app";
import "./app.css";
import { live } from "./live";
import { start } from "./where";

start();
createRoot(document.getElementById("root")!).render(<App />);

// What a test may ask: how often the page was told something.
Object.assign(window, { sandbox: { frames: () => live.frames, messages: () => live.state.messages } });
