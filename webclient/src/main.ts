import './locales/begin.js';
import './ui/phone-app.js';
