export * from './shared-api.js';
export { renderPng, type RenderPngOptions } from './render/render-png.browser.js';
