// What a gateway finds of people and messages.
import {bob, directory, options} from './screen-states.mjs';

const presence = (state, more) => ({state, devices: {browser: state === 'available', phones: 1}, ...more});

export const colleagues = [
  {address: 'sip:bonnie@example.test', number: '1007', display: 'Bonnie Day', presence: presence('available')},
  {address: bob.address, number: '2002', display: bob.display, presence: presence('call')},
];

const entries = directory['GET directory'][1].entries;
const fits = query => one => JSON.stringify(one).toLowerCase().includes(query.get('q'));

/** The answers of a gateway with these people. */
export const found = {
  ...options,
  'GET people': query => [200, {people: colleagues.filter(fits(query))}],
  'GET directory': query => {
    const some = entries.filter(fits(query)).filter(({friend}) => friend || !query.has('friends'));
    return [200, {entries: some, total: some.length}];
  },
};
