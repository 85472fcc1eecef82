export {
  linearSumAssignment,
  type Assignment,
  type AssignmentOptions,
} from './linear-sum-assignment.js';
