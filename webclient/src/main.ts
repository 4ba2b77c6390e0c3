import './ui/phone-app.js';
