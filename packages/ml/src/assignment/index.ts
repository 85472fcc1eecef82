export { linearSumAssignment, type Assignment } from './linear-sum-assignment.js';
